import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import type { Parts } from '../../src/cli/parts.ts';
import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { aCaller } from '../support/a-caller.ts';
import { aClient, type AClient, ERAS, type Heard } from '../support/a-client.ts';
import { castellan, type Ended } from '../support/a-command.ts';
import { type ADesk, aDesk } from '../support/a-desk.ts';
import { aRunningServer } from '../support/a-running-server.ts';
import { aStream } from '../support/a-stream.ts';
import { COMPANY, type Expected, readExpected } from '../support/company.ts';

const expected = readExpected();
const config = join(COMPANY, 'castellan.yaml');
const never = new AbortController().signal;

/** Processes that run at once: each loads the model. */
const AT_ONCE = 2;
/** For all that one skin is asked. */
const SKIN_MS = 60_000;

let data: string;
let synced: Ended;
let desk: ADesk;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'castellan-company-'));
  synced = await castellan(['sync', '--json', '--config', config, '--data', data]);
  desk = await aDesk({ config, index: join(data, 'index.db') });
}, SKIN_MS);

afterAll(async () => {
  await desk.close();
  await rm(data, { recursive: true, force: true });
});

/** One thing a person asks, and what is wrong with the answer they got. */
interface Ask {
  readonly who: string;
  readonly tool: 'search' | 'fetch';
  readonly input: { readonly query: string } | { readonly where: readonly Condition[] } | { readonly id: string };
  readonly judge: (answer: Answer) => readonly string[];
}

type Condition = Expected['where'][number]['ask'][number];

/** What came back through a skin: the tool's structured answer, or the code of its refusal. */
interface Answer {
  readonly output?: unknown;
  readonly refused?: string;
}

const found = z.looseObject({ results: z.array(z.looseObject({ id: z.string(), text: z.string() })) });
const fetched = z.looseObject({ id: z.string(), text: z.string().min(1) });

const questions: readonly Ask[] = expected.questions.flatMap(({ ask, people }) =>
  Object.entries(people).map(([who, { must = [], never: hidden = [] }]): Ask => ({
    who,
    tool: 'search',
    input: { query: ask },
    judge: ({ output }) => {
      const ids = found.parse(output).results.map(({ id }) => id);
      return [
        ...must.filter((id) => !ids.includes(id)).map((id) => `${who} did not get ${id}: ${ask}`),
        ...hidden.filter((id) => ids.includes(id)).map((id) => `${who} got ${id}: ${ask}`),
      ];
    },
  })),
);

const fetches: readonly Ask[] = expected.fetch.map(({ as: who, id, answer }) => ({
  who,
  tool: 'fetch',
  input: { id },
  judge: ({ output, refused }) => {
    const got = refused ?? (fetched.parse(output).id === id ? 'found' : 'another document');
    return got === answer ? [] : [`${who} got ${got}: ${id}`];
  },
}));

const lists: readonly Ask[] = expected.where.flatMap(({ ask, people }) =>
  Object.entries(people).map(([who, ids]): Ask => ({
    who,
    tool: 'search',
    input: { where: ask },
    judge: ({ output }) => {
      const got = found.parse(output).results.map(({ id }) => id);
      return got.join() === ids.join() ? [] : [`${who} got ${got.join(' ')}: ${JSON.stringify(ask)}`];
    },
  })),
);

/** On the command line, each bound is a condition of its own. */
const argumentsOf = (input: Ask['input']): string[] => {
  if (!('where' in input)) return Object.values(input);
  const signs = { is: '=', from: '>=', to: '<=' };
  return input.where.flatMap(({ field, ...given }) =>
    Object.entries(signs).flatMap(([key, sign]) =>
      given[key] === undefined ? [] : ['--where', `${field}${sign}${given[key] ?? ''}`],
    ),
  );
};

const asks = [...questions, ...lists, ...fetches];
const byPerson = [...Map.groupBy(asks, ({ who }) => who)];

/** Asks a skin all of these, and says what was wrong. */
const wrongs = async (all: readonly Ask[], answer: (ask: Ask) => Promise<Answer>): Promise<string[]> => {
  const wrong: string[] = [];
  for (const ask of all) wrong.push(...ask.judge(await answer(ask)));
  return wrong;
};

/** Does this for each, so many at once. */
const atOnce = async <T>(each: readonly T[], work: (one: T) => Promise<readonly string[]>): Promise<string[]> => {
  const waiting = each.values();
  const line = async (): Promise<string[]> => {
    const done: string[] = [];
    for (const one of waiting) done.push(...(await work(one)));
    return done;
  };
  return (await Promise.all(Array.from({ length: AT_ONCE }, line))).flat();
};

const refusal = z.object({ error: z.object({ code: z.string() }) });

test('there are people and questions enough to tell right from wrong', () => {
  expect(expected.questions).toHaveLength(15);
  expect(byPerson.length).toBeGreaterThan(10);
  expect(asks.length).toBeGreaterThan(80);
  expect(questions.flatMap(({ judge }) => judge({ output: { results: [] } })).length).toBeGreaterThan(20);
  expect(fetches.flatMap(({ judge }) => judge({ refused: 'not_found' })).length).toBeGreaterThan(10);
});

test('the company is read whole, and found by words and by meaning', () => {
  expect(synced.code).toBe(0); // on a busy machine stderr tells how far it has come
  expect(JSON.parse(synced.stdout)).toMatchObject({
    sources: [
      { source: 'handbook', status: 'complete', problems: 0, waiting_for_vectors: 0 },
      { source: 'workspace', status: 'complete', problems: 0, waiting_for_vectors: 0 },
    ],
  });
});

describe('everybody gets what they must, and nothing of what they must not,', () => {
  test('on the one path, which audits every answer', { timeout: SKIN_MS }, async () => {
    const before = desk.audited.length;
    const wrong = await wrongs(asks, async ({ who, tool, input }) => {
      const result = await desk.ask({ who, tool, input, signal: never });
      return 'error' in result ? { refused: result.error.code } : result;
    });
    expect(wrong).toEqual([]);
    expect(desk.audited.length - before).toBe(asks.length);
  });

  test('on the command line, for every question', { timeout: SKIN_MS }, async () => {
    const wrong = await wrongs(asks, async ({ who, tool, input }) => {
      const [stdout, stderr] = [aStream(), aStream()];
      await runProgram([tool, ...argumentsOf(input), '--as', who, '--json'], {
        parts: partsOf(desk),
        terminal: createTerminal({ stdout, stderr, colour: false }),
        signal: never,
      });
      return answerOf(stdout.written(), stderr.written());
    });
    expect(wrong).toEqual([]);
  });

  test('on the command line as it is started, for each person', { timeout: SKIN_MS }, async () => {
    const one = byPerson.flatMap(([, [first]]) => (first ? [first] : []));
    const refused = fetches.filter(({ judge }) => judge({ refused: 'not_found' }).length === 0).slice(0, 2);
    const wrong = await atOnce([...one, ...refused], async ({ who, tool, input, judge }) => {
      const argv = [tool, ...argumentsOf(input), '--as', who, '--json', '--config', config, '--data', data];
      const { code, stdout, stderr } = await castellan(argv);
      const answer = answerOf(stdout, stderr);
      return [...judge(answer), ...(code === (answer.refused === undefined ? 0 : 1) ? [] : [`${who}: exit code ${code}`])];
    });
    expect(wrong).toEqual([]);
  });

  test.each(ERAS)('over stdio, to a client of %s', { timeout: SKIN_MS }, async (era) => {
    const wrong = await atOnce(byPerson, async ([who, ofPerson]) => {
      const client = await aClient(era, { config, data, who });
      try {
        const unlike = client.version === era ? [] : [`${who} was served ${client.version}`];
        return [...unlike, ...(await wrongs(ofPerson, (ask) => heardBy(client, ask)))];
      } finally {
        await client.close();
      }
    });
    expect(wrong).toEqual([]);
  });

  test('over HTTP, to whom each token says', { timeout: SKIN_MS }, async () => {
    const server = await aRunningServer({ config, data });
    try {
      const wrong = await atOnce(byPerson, async ([who, ofPerson]) => {
        const client = await aCaller(server, who);
        try {
          return await wrongs(ofPerson, (ask) => heardBy(client, ask));
        } finally {
          await client.close();
        }
      });
      expect(wrong).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

test('one question gets the same answer through every skin, but for its cursor', { timeout: SKIN_MS }, async () => {
  const [who, query] = ['ada@acme.test', expected.demo.question];
  const asked = await desk.ask({ who, tool: 'search', input: { query }, signal: never });
  const spoken = await castellan(['search', query, '--as', who, '--json', '--config', config, '--data', data]);
  const client = await aClient('2026-07-28', { config, data, who });
  const heard = await client.call('search', { query }).finally(() => client.close());
  const [direct, line, served] = [asked, { output: JSON.parse(spoken.stdout) }, { output: heard.structuredContent }];
  expect(unsealed(line)).toEqual(unsealed(direct));
  expect(unsealed(served)).toEqual(unsealed(direct));
});

const heardBy = async (client: Pick<AClient, 'call'>, { tool, input }: Ask): Promise<Answer> => {
  const { isError, content, structuredContent }: Heard = await client.call(tool, input);
  const output: unknown = JSON.parse(content[0]?.text ?? '');
  if (isError) return { refused: refusal.parse(output).error.code };
  expect([content.length, output]).toEqual([1, structuredContent]);
  return { output };
};

const answerOf = (stdout: string, stderr: string): Answer =>
  stdout === '' ? { refused: refusal.parse(JSON.parse(stderr)).error.code } : { output: JSON.parse(stdout) };

const cursored = z.looseObject({ output: z.looseObject({ next_cursor: z.string().length(64) }) });

/** Cursors are sealed anew each time, and mean the same. */
const unsealed = (result: unknown): object => {
  const { output } = cursored.parse(result);
  return { ...output, next_cursor: '' };
};

const unbuilt = (): Promise<never> => Promise.reject(new Error('only the desk is open'));

/** The commands of this process ask at the desk that is open. */
const partsOf = (open: ADesk): Parts => ({
  version: '1',
  now: () => 0,
  stdin: Readable.from([]),
  program: ['castellan'],
  company: COMPANY,
  temporary: tmpdir(),
  examples: '',
  home: '',
  endpoint: unbuilt,
  openIndex: unbuilt,
  openHttp: unbuilt,
  openTrail: unbuilt,
  openExaminer: unbuilt,
  openConnecting: unbuilt,
  openAsking: unbuilt,
  openPreview: unbuilt,
  openPatient: () => {
    throw new Error('only the desk is open');
  },
  issueToken: unbuilt,
  openPeople: unbuilt,
  openDesk: async () => ({ ...open, close: async () => undefined }),
});
