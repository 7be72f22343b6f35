import { z } from 'zod';

import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { aStream } from '../support/a-stream.ts';
import type { IndexInProcess } from '../support/index-in-process.ts';
import { partsWith } from '../support/some-parts.ts';
import { ADA, type Asked, onThePath, type Skin } from './twin-answers.ts';

/** The commands that ask, by the tool they ask. */
const COMMANDS: { readonly [Tool in Asked[0]]?: (input: Asked[1]) => string[] } = {
  search: ({ query, limit, sources = [], types = [], updated_after: after, where }) => [
    'search',
    ...(query === undefined ? [] : [text(query)]),
    ...conditions(where),
    ...(limit === undefined ? [] : ['--limit', text(limit)]),
    ...many('--source', sources),
    ...many('--type', types),
    ...(after === undefined ? [] : ['--updated-after', text(after)]),
  ],
  fetch: ({ id }) => ['fetch', text(id)],
};

const whereSchema = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))).default([]);

/** Each bound as a condition of its own. */
const conditions = (where: unknown): string[] =>
  whereSchema
    .parse(where)
    .flatMap(({ field, ...rest }) =>
      Object.entries(rest).flatMap(([key, value]) => ['--where', `${field}${SIGNS[key] ?? ''}${value ?? ''}`]),
    );
const SIGNS: Readonly<Record<string, string>> = { is: '=', from: '>=', to: '<=' };

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const many = (option: string, values: unknown): string[] =>
  Array.isArray(values) ? values.flatMap((value) => [option, text(value)]) : [];

/** On the command line, for a person and as JSON: the exit code, and every byte of both streams. What has no command is asked on the path. */
export const onTheCommandLine: Skin = (index) => {
  const path = onThePath(index);
  return {
    ask: async (tool, input) => {
      const argv = COMMANDS[tool]?.(input);
      if (!argv) return path.ask(tool, input);
      const said = [await run(index, argv, input['cursor']), await run(index, [...argv, '--json'], input['cursor'])].join('\n');
      const cursor = /"next_cursor":"(?<cursor>[^"]+)"/u.exec(said)?.groups?.['cursor'];
      return { said: said.replaceAll(CURSOR, 'cursor'), ...(cursor === undefined ? {} : { cursor }) };
    },
    close: () => path.close(),
  };
};

/** A cursor, wherever one is printed. */
const CURSOR = /(?<=--cursor |"next_cursor":")[\w-]+/gu;

const run = async (index: IndexInProcess, argv: readonly string[], cursor: unknown): Promise<string> => {
  const [stdout, stderr] = [aStream(), aStream()];
  const parts = partsWith({
    openDesk: async () => ({
      ask: ({ tool, input }) => (tool === 'propose_write' || tool === 'commit_write' ? never() : index.ask(ADA, tool, input)),
      identify: () => index.identify(ADA),
      serve: async () => undefined,
      pending: async () => [],
      decide: async () => undefined,
      uncertain: async () => [],
      settle: () => Promise.reject(new Error('nothing is settled here')),
      link: async () => '',
      overdue: async () => [], // for the ear of the owner, who may know of every source
      close: async () => undefined,
    }),
  });
  const code = await runProgram([...argv, '--as', ADA.subject, ...(cursor === undefined ? [] : ['--cursor', text(cursor)])], {
    parts,
    terminal: createTerminal({ stdout, stderr, colour: false }),
    signal: new AbortController().signal,
  });
  return `${code} ${stdout.written()} ${stderr.written()}`;
};

const never = (): never => {
  throw new Error('nothing is written here');
};
