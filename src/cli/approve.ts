import { Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import { linesOf } from '../core/proposal-lines.ts';
import type { Pending } from '../writes/writes.ts';
import { openAsker } from './ask-yes.ts';
import type { Context, GlobalOptions } from './context.ts';
import { portFrom } from './port.ts';
import { type Channel, look } from './terminal.ts';
import { tinted } from './tinted.ts';
import { theOne } from './the-one.ts';
import { span } from './words.ts';

/** Lists what waits for somebody's word, and gives it. */
export const approveCommand = (context: Context): Command => {
  const { parts, terminal } = context;
  return new Command('approve')
    .summary('say yes or no to a write that waits')
    .description(
      'Lists the writes that wait for somebody’s word; with one of them, shows it and asks at the terminal. Whoever proposed it ' +
        'makes it then, within its time. Both names stand in the audit.',
    )
    .argument('[proposal]', 'its id, or how it begins')
    .addOption(new Option('--deny', 'say no, without being asked').conflicts('link'))
    .option('--link <who>', 'print a link by which somebody else decides, once: a verified e-mail, or issuer|subject')
    .option('--port <number>', 'with --link: of a server that was started with this --port', portFrom(1))
    .addHelpText('after', '\nExample:\n  castellan approve 3f2a')
    .action(async (begins: string | undefined, _: unknown, command: Command) => {
      const { config, data, json, deny, link: who, port } = command.optsWithGlobals<GlobalOptions & ApproveOptions>();
      if (begins === undefined && who !== undefined) throw new AppError('invalid_input', NO_PROPOSAL);
      const desk = await parts.openDesk({ config, data });
      try {
        const waiting = await desk.pending();
        if (begins === undefined) {
          if (json) return terminal.out.json({ waiting });
          if (waiting.length === 0) terminal.err.line('Nothing waits.');
          for (const one of waiting) print(terminal.out, one, parts.now());
          return;
        }
        const one = theOne(waiting, begins, 'waiting proposal', 'castellan approve lists those that wait.');
        if (who !== undefined) {
          const url = await desk.link(one.id, who, port);
          if (json)
            return terminal.out.json({ proposal: one.id, for: who, url, expires_at: new Date(one.expiresAt).toISOString() });
          terminal.out.line(url);
          terminal.err.line(
            look(
              'dim',
              `Send it to ${who} alone: whoever has it decides in their name, once, within ${span(one.expiresAt - parts.now())}.`,
            ),
          );
          return;
        }
        if (!json) print(terminal.err, one, parts.now());
        const yes = deny ? false : await asked(context);
        await desk.decide(one.id, yes);
        if (json) return terminal.out.json({ proposal: one.id, decided: yes ? 'yes' : 'no' });
        terminal.out.line(`${yes ? 'approved' : 'declined'}   ${one.id}`);
      } finally {
        await desk.close();
      }
    });
};

interface ApproveOptions {
  readonly deny?: boolean;
  readonly link?: string;
  readonly port?: number;
}

const NO_PROPOSAL = 'Say which: castellan approve <proposal> --link <who>. castellan approve lists those that wait.';

/** A question nobody answers decides nothing. */
const asked = async ({ parts, terminal, signal }: Context): Promise<boolean> => {
  const asker = openAsker(parts.stdin, terminal.err, signal);
  try {
    const yes = await asker.yes('May this be written? [y/N]');
    if (yes === undefined) throw new AppError('invalid_input', 'Nobody answered, so nothing was decided.');
    return yes;
  } finally {
    asker.close();
  }
};

const print = (to: Channel, one: Pending, now: number): void => {
  to.line(
    look('bold', one.id),
    look('dim', `   ${one.who} through ${one.client}, ${span(now - one.at)} ago, for another ${span(one.expiresAt - now)}`),
  );
  for (const line of linesOf(one)) to.line('  ', tinted(line));
};
