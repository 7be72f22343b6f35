import { Command, Option } from 'commander';

import { AppError } from '../core/errors.ts';
import { linesOf } from '../core/proposal-lines.ts';
import type { Pending } from '../writes/writes.ts';
import { openAsker } from './ask-yes.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Channel, look } from './terminal.ts';
import { theOne } from './the-one.ts';
import { tinted } from './tinted.ts';
import { span } from './words.ts';

/** Lists the writes of which nobody can say whether they were made, and takes the word of whoever looked. */
export const settleCommand = (context: Context): Command => {
  const { parts, terminal, signal } = context;
  return new Command('settle')
    .summary('say what became of a write that is uncertain')
    .description(
      'Lists the writes of which not even their source can say whether they were made; with one of them, shows it and asks what you ' +
        'found at the source. Your word ends it, unless the source knows by now. It stands in the audit, and the write is never made again.',
    )
    .argument('[proposal]', 'its id, or how it begins')
    .addOption(new Option('--written', 'you looked, and it was written').conflicts('absent'))
    .option('--absent', 'you looked, and nothing was written')
    .addHelpText('after', '\nExample:\n  castellan settle 3f2a --written')
    .action(async (begins: string | undefined, _: unknown, command: Command) => {
      const { config, data, json, written, absent } = command.optsWithGlobals<GlobalOptions & SettleOptions>();
      if (begins === undefined && (written || absent)) throw new AppError('invalid_input', `Say which. ${LISTS}`);
      const desk = await parts.openDesk({ config, data });
      try {
        const uncertain = await desk.uncertain(signal);
        if (begins === undefined) {
          if (json) return terminal.out.json({ uncertain });
          if (uncertain.length === 0) terminal.err.line('Nothing is uncertain.');
          for (const one of uncertain) print(terminal.out, one, parts.now());
          return;
        }
        const one = theOne(uncertain, begins, 'uncertain write', LISTS);
        if (!json) print(terminal.err, one, parts.now());
        const { outcome, word } = await desk.settle(one.id, written || (!absent && (await found(context))), signal);
        if (json) return terminal.out.json({ proposal: one.id, outcome, word });
        terminal.out.line(`${outcome === 'done' ? 'written' : 'not written'}   ${one.id}`);
        if (word === 'source') terminal.err.line(look('yellow', `That is what ${one.source} says: it knows by now.`));
      } finally {
        await desk.close();
      }
    });
};

interface SettleOptions {
  readonly written?: true;
  readonly absent?: true;
}

const LISTS = 'castellan settle lists those that are uncertain.';

/** Whether it was written. Who is not sure of either settles nothing. */
const found = async ({ parts, terminal, signal }: Context): Promise<boolean> => {
  const asker = openAsker(parts.stdin, terminal.err, signal);
  try {
    if ((await asker.yes('Look at the source. Was this written? [y/N]')) === true) return true;
    if ((await asker.yes('Are you sure that nothing of it was written? [y/N]')) === true) return false;
    throw new AppError('invalid_input', 'Nobody was sure of either, so it stays uncertain.');
  } finally {
    asker.close();
  }
};

const print = (to: Channel, one: Pending, now: number): void => {
  to.line(look('bold', one.id), look('dim', `   ${one.who} through ${one.client}, proposed ${span(now - one.at)} ago`));
  for (const line of linesOf(one)) to.line('  ', tinted(line));
};
