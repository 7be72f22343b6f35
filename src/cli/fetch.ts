import { Command } from 'commander';

import { fetchAnswer, outputOf, type Shown } from './answers.ts';
import type { Context, GlobalOptions } from './context.ts';
import { tellOverdue } from './overdue.ts';
import { type Channel, look } from './terminal.ts';
import { addressOf, day } from './words.ts';

/** Reads one document as one person. */
export const fetchCommand = ({ parts, terminal, signal }: Context): Command =>
  new Command('fetch')
    .summary('read a document as one person')
    .description(
      'Gives the text of one document, by its id. A document that is missing and one that is forbidden are answered alike.',
    )
    .argument('<id>', 'an id from a search')
    .requiredOption('--as <who>', 'who asks: a verified e-mail, or issuer|subject')
    .option('--cursor <cursor>', 'the next part of a long document')
    .option('--live', 'ask the source too, however fresh what is stored is')
    .addHelpText('after', '\nExample:\n  castellan fetch handbook:welcome.md --as ada@acme.test')
    .action(async (id: string, _: unknown, command: Command) => {
      const { config, data, json, as: who, cursor, live } = command.optsWithGlobals<GlobalOptions & FetchOptions>();
      const desk = await parts.openDesk({ config, data });
      try {
        const input = { id, ...(cursor === undefined ? {} : { cursor }), ...(live === undefined ? {} : { live }) };
        const result = await desk.ask({ who, tool: 'fetch', input, signal });
        tellOverdue(terminal.err, await desk.overdue(), { config, data });
        const output = outputOf(result);
        if (json) return terminal.out.json(output);
        const answer = fetchAnswer.parse(output);
        if (cursor === undefined) printHead(terminal.out, answer);
        for (const line of answer.text.split(/\r?\n/u)) terminal.out.line(line);
        const next = answer.next_cursor;
        if (next !== undefined) terminal.err.line(look('dim', `There is more: repeat the command with --cursor ${next}`));
      } finally {
        await desk.close();
      }
    });

interface FetchOptions {
  readonly as: string;
  readonly cursor?: string;
  readonly live?: boolean;
}

const printHead = (out: Channel, { id, title, url, metadata }: Shown): void => {
  out.line(look('bold', title));
  out.line(id, look('dim', addressOf(id, url)));
  out.line(look('dim', `changed ${day(metadata.updated_at)}`), metadata.fresh ? '' : look('yellow', '   not fresh'));
  out.line();
};
