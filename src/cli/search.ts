import { Command, InvalidArgumentError } from 'commander';

import { outputOf, searchAnswer, type Shown } from './answers.ts';
import type { Context, GlobalOptions } from './context.ts';
import { tellOverdue } from './overdue.ts';
import { type Channel, look } from './terminal.ts';
import { addressOf, day, wrap } from './words.ts';

/** Text wider than this is hard to read, on however wide a terminal. */
const WIDTH = 100;
const INDENT = '   ';

/** Asks as one person, and shows what they may see. */
export const searchCommand = ({ parts, terminal, signal }: Context): Command =>
  new Command('search')
    .summary('ask as one person')
    .description('Finds what one person may see, by words and by meaning. What they may not see takes no part in the answer.')
    .argument('<query>', 'what to look for')
    .requiredOption('--as <who>', 'who asks: a verified e-mail, or issuer|subject')
    .option('--source <name>', 'only in this source; may be given again', another)
    .option('--type <type>', 'only documents of this type; may be given again', another)
    .option('--updated-after <time>', 'only what its source changed after this: 2026-03-01, or with a time of day')
    .option('--limit <number>', 'how many documents, 1 to 50', wholeNumber)
    .option('--cursor <cursor>', 'go on where an earlier answer ended')
    .addHelpText('after', '\nExample:\n  castellan search "how do refunds work" --as ada@acme.test')
    .action(async (query: string, _: unknown, command: Command) => {
      const { config, data, json, as: who, ...filter } = command.optsWithGlobals<GlobalOptions & SearchOptions>();
      const desk = await parts.openDesk({ config, data });
      try {
        const output = outputOf(await desk.ask({ who, tool: 'search', input: inputOf(query, filter), signal }));
        tellOverdue(terminal.err, await desk.overdue(), { config, data });
        if (json) return terminal.out.json(output);
        const { results, next_cursor: cursor, degraded = [] } = searchAnswer.parse(output);
        results.forEach((hit, place) => printHit(terminal.out, hit, place + 1));
        if (degraded.includes('semantic_unavailable'))
          terminal.err.line('Found by words alone: there is no model to search by meaning.');
        if (results.length === 0) terminal.err.line(`Nothing that ${who} may see answers this.`);
        if (cursor !== undefined) terminal.err.line(look('dim', `There is more: repeat the command with --cursor ${cursor}`));
      } finally {
        await desk.close();
      }
    });

interface SearchOptions {
  readonly as: string;
  readonly source?: readonly string[];
  readonly type?: readonly string[];
  readonly updatedAfter?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** In the tool's own words; what was not given is left out, and the tool judges the rest. */
const inputOf = (query: string, { source, type, updatedAfter, limit, cursor }: Omit<SearchOptions, 'as'>): object => ({
  query,
  ...(source === undefined ? {} : { sources: source }),
  ...(type === undefined ? {} : { types: type }),
  ...(updatedAfter === undefined ? {} : { updated_after: updatedAfter }),
  ...(limit === undefined ? {} : { limit }),
  ...(cursor === undefined ? {} : { cursor }),
});

const printHit = (out: Channel, { id, title, url, text, metadata }: Shown, place: number): void => {
  const { updated_at: updatedAt, fresh, semantic, location } = metadata;
  if (place > 1) out.line();
  out.line(look('cyan', `${place}.`.padEnd(INDENT.length)), look('bold', title));
  out.line(INDENT, id, look('dim', addressOf(id, url)));
  out.line(
    look('dim', `${INDENT}changed ${day(updatedAt)}`),
    fresh ? '' : look('yellow', '   not fresh'),
    semantic === 'pending' ? look('dim', '   found by words only so far') : '',
    look('dim', location?.headings ? `   under ${location.headings.join(' › ')}` : ''),
  );
  for (const line of wrap(text, Math.min(out.columns ?? WIDTH, WIDTH) - INDENT.length)) out.line(INDENT, line);
};

/** An option that takes several values at once would swallow the query after it. */
const another = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number)) throw new InvalidArgumentError('Give a whole number.');
  return number;
};
