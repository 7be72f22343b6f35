import { Command, InvalidArgumentError } from 'commander';

import { AppError } from '../core/errors.ts';
import { outputOf, searchAnswer, type Shown } from './answers.ts';
import type { Context, GlobalOptions } from './context.ts';
import { tellOverdue } from './overdue.ts';
import { type Channel, look } from './terminal.ts';
import { conditionOf, type GivenCondition } from './where-option.ts';
import { addressOf, day, wrap } from './words.ts';

/** Text wider than this is hard to read, on however wide a terminal. */
const WIDTH = 100;
const INDENT = '   ';

/** Asks as one person, and shows what they may see. */
export const searchCommand = ({ parts, terminal, signal }: Context): Command =>
  new Command('search')
    .summary('ask as one person')
    .description(
      'Finds what one person may see, by words, by meaning and by its fields. What they may not see takes no part in the answer.',
    )
    .argument('[query]', 'what to look for; without it, all that meets --where, the last changed first')
    .requiredOption('--as <who>', 'who asks: a verified e-mail, or issuer|subject')
    .option('--source <name>', 'only in this source; may be given again', another)
    .option('--type <type>', 'only documents of this type; may be given again', another)
    .option('--updated-after <time>', 'only what its source changed after this: 2026-03-01, or with a time of day')
    .option(
      '--where <condition>',
      'only what meets it: status=open, "amount>=1000", "due_at<=2026-03-31", or assignee= for what has none; may be given again',
      conditionOf,
    )
    .option('--limit <number>', 'how many documents, 1 to 50', wholeNumber)
    .option('--cursor <cursor>', 'go on where an earlier answer ended')
    .addHelpText('after', EXAMPLES)
    .action(async (query: string | undefined, _: unknown, command: Command) => {
      const { config, data, json, as: who, ...filter } = command.optsWithGlobals<GlobalOptions & SearchOptions>();
      if (query === undefined && filter.where === undefined) {
        throw new AppError('invalid_input', 'Say what to look for, or give --where. See: castellan search --help');
      }
      const desk = await parts.openDesk({ config, data });
      try {
        const output = outputOf(await desk.ask({ who, tool: 'search', input: inputOf(query, filter), signal }));
        tellOverdue(terminal.err, await desk.overdue(), { config, data });
        if (json) return terminal.out.json(output);
        const { results, next_cursor: cursor, degraded = [], partial = false } = searchAnswer.parse(output);
        results.forEach((hit, place) => printHit(terminal.out, hit, place + 1));
        if (degraded.includes('semantic_unavailable'))
          terminal.err.line('Found by words alone: there is no model to search by meaning.');
        if (results.length === 0) terminal.err.line(`Nothing that ${who} may see answers this.`);
        if (partial) terminal.err.line('More meets this than can be listed: narrow it.');
        if (cursor !== undefined) terminal.err.line(look('dim', `There is more: repeat the command with --cursor ${cursor}`));
      } finally {
        await desk.close();
      }
    });

const EXAMPLES = `
Example:
  castellan search "how do refunds work" --as ada@acme.test
  castellan search --where status=open --where "due_at<=2026-03-31" --type ticket --as ada@acme.test`;

interface SearchOptions {
  readonly as: string;
  readonly source?: readonly string[];
  readonly type?: readonly string[];
  readonly updatedAfter?: string;
  readonly where?: readonly GivenCondition[];
  readonly limit?: number;
  readonly cursor?: string;
}

/** In the tool's own words; what was not given is left out, and the tool judges the rest. */
const inputOf = (
  query: string | undefined,
  { source, type, updatedAfter, where, limit, cursor }: Omit<SearchOptions, 'as'>,
): object => ({
  ...(query === undefined ? {} : { query }),
  ...(source === undefined ? {} : { sources: source }),
  ...(type === undefined ? {} : { types: type }),
  ...(updatedAfter === undefined ? {} : { updated_after: updatedAfter }),
  ...(where === undefined ? {} : { where }),
  ...(limit === undefined ? {} : { limit }),
  ...(cursor === undefined ? {} : { cursor }),
});

const printHit = (out: Channel, { id, title, url, text, metadata }: Shown, place: number): void => {
  const { updated_at: updatedAt, fresh, semantic, location, fields = {} } = metadata;
  if (place > 1) out.line();
  out.line(look('cyan', `${place}.`.padEnd(INDENT.length)), look('bold', title));
  out.line(INDENT, id, look('dim', addressOf(id, url)));
  out.line(
    look('dim', `${INDENT}changed ${day(updatedAt)}`),
    fresh ? '' : look('yellow', '   not fresh'),
    semantic === 'pending' ? look('dim', '   found by words only so far') : '',
    look('dim', location?.headings ? `   under ${location.headings.join(' › ')}` : ''),
  );
  const asked = Object.entries(fields).map(([name, value]) => `${name} ${value ?? 'none'}`);
  if (asked.length > 0) out.line(INDENT, asked.join('   '));
  for (const line of wrap(text, Math.min(out.columns ?? WIDTH, WIDTH) - INDENT.length)) out.line(INDENT, line);
};

/** An option that takes several values at once would swallow the query after it. */
const another = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number)) throw new InvalidArgumentError('Give a whole number.');
  return number;
};
