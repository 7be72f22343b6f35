import { expect, test } from 'vitest';
import { z } from 'zod';

import { jsonLines, type JsonLine } from '../support/json-lines.ts';
import { type Asked, type Question, twoSources } from '../support/two-sources.ts';
import { CLAIMS, GOOD, GOOD_KEYS, WRECKS } from './hostile-lines.ts';

const MINUTE = 60_000;
const resultSchema = z.looseObject({ id: z.string(), metadata: z.looseObject({ source: z.string() }) });
/** Those whom the good source knows, somebody without an account, one of elsewhere, and who has the hostile source in hand. */
const PEOPLE = [
  'ada@acme.test',
  'bob@acme.test',
  'gus@acme.test',
  'liz@acme.test',
  'una@acme.test',
  'max@partner.test',
  'mallory@acme.test',
];
/** One that nobody narrows, one that carries the good source alone, one that leaves drafts behind. */
const CLIENTS = ['open', 'narrow', 'careful'] as const;
const POLICIES = 'clients: { narrow: { sources: [good] }, careful: { deny_labels: [draft] } }\n';

const ONLY_GOOD = { sources: ['good'] };
/** What must not move. A client that carries the good source alone needs no filter. */
const questions = (client: (typeof CLIENTS)[number]): Pick<Question, 'tool' | 'input'>[] => {
  const only = client === 'narrow' ? {} : ONLY_GOOD;
  const searches = [
    { query: 'spring', limit: 50, ...only },
    { query: 'plan party pay staff draft', limit: 2, ...only },
    { query: 'We move in spring', types: ['document'], updated_after: '2020-01-01', ...only },
  ].map((input) => ({ tool: 'search' as const, input }));
  const ids = client === 'careful' ? ['good:k2'] : [...GOOD_KEYS.map((key) => `good:${key}`), 'good:good:k1', 'good:K1'];
  return [
    ...searches,
    ...ids.map((id) => ({ tool: 'fetch' as const, input: { id } })),
    ...(client === 'narrow' ? [{ tool: 'list_sources' as const, input: {} }] : []),
  ];
};

const ALL = CLIENTS.flatMap((client) =>
  PEOPLE.flatMap((who) => questions(client).map((asked): Question => ({ who, client, ...asked }))),
);
/** Of so many questions one is asked in a round; the next round asks the next. */
const EVERY = 4;

/** What a place answers in a round: each of its questions over HTTP in one of the eras, or on the command line. */
const answersOf = async (asked: Asked, round: number): Promise<ReadonlyMap<string, string>> => {
  const said = new Map<string, string>();
  for (const [at, question] of ALL.entries()) {
    if (at % EVERY !== round % EVERY) continue;
    const skin = question.client === 'open' && at % 4 === 0 ? 'desk' : at % 2 === 0 ? '2026-07-28' : '2025-11-25';
    said.set(`${skin} ${JSON.stringify(question)}`, await asked[skin](question));
  }
  return said;
};

/** What is asked again and again while a run goes on. */
const probe = async (asked: Asked): Promise<readonly string[]> => {
  const said: string[] = [];
  for (const who of PEOPLE.slice(0, 3)) {
    said.push(await asked['2026-07-28']({ who, client: 'narrow', tool: 'search', input: { query: 'spring', limit: 50 } }));
  }
  return said;
};

const textOf = (lines: readonly (JsonLine | string)[]): string =>
  lines.map((line) => (typeof line === 'string' ? `${line}\n` : jsonLines([line]))).join('');

test(
  'a hostile source moves no byte of what a good one answers, before, while and after it is read',
  { timeout: 240_000 },
  async () => {
    const begin = Date.now() + 5 * MINUTE; // tokens are made by the clock of the machine, and must not be of later
    let round = 0;
    const now = (): number => begin + round * MINUTE;

    const alone = await twoSources(['good'], now, POLICIES.replace('sources: [good]', ''));
    await alone.write('good', jsonLines(GOOD));
    expect(await alone.sync('good')).toBe('complete');
    const one = await alone.open();
    // What is compared is answers, not refusals.
    const fetches = ALL.filter(({ client, tool }) => client === 'open' && tool === 'fetch');
    const fetched: string[] = [];
    for (const question of fetches) fetched.push(await one.desk(question));
    expect(fetched.filter((said) => said.includes('"output"'))).toHaveLength(13);

    const expected: { readonly answers: ReadonlyMap<string, string>; readonly probed: readonly string[] }[] = [];
    for (round = 0; round < 5; round++) {
      if (round === 4) await alone.sync('good');
      expected.push({ answers: await answersOf(one, round), probed: await probe(one) });
    }
    await one.close();

    round = 0;
    const beside = await twoSources(['good', 'hostile'], now, POLICIES);
    await beside.write('good', jsonLines(GOOD));
    expect(await beside.sync('good')).toBe('complete');
    let other = await beside.open();
    const compare = async (): Promise<void> => {
      const answers = await answersOf(other, round);
      expect(answers).toEqual(expected[round]?.answers);
    };
    const meanwhile = async (): Promise<void> => expect(await probe(other)).toEqual(expected[round]?.probed);
    await compare(); // some are linked before anything hostile is read, the rest later

    round = 1;
    await beside.write('hostile', jsonLines(CLAIMS));
    expect(await beside.sync('hostile', meanwhile)).toBe('complete');
    await compare();

    round = 2;
    await beside.write('hostile', Buffer.concat([Buffer.from(textOf(WRECKS)), Buffer.from([0xf0, 0x9f])]));
    expect(await beside.sync('hostile', meanwhile)).toBe('partial');
    await compare();

    round = 3;
    await other.close();
    other = await beside.open();
    await compare();

    round = 4;
    expect(await beside.sync('good')).toBe('complete');
    await beside.write('hostile', Buffer.alloc(100_000, 0xff));
    expect(await beside.sync('hostile')).toBe('partial');
    await compare();
    await other.close();
    expect([alone.machine.bugs, beside.machine.bugs]).toEqual([[], []]);
  },
);

test('whatever a hostile source calls its documents, they are shown as its own, and inert', async () => {
  const place = await twoSources(['good', 'hostile'], () => Date.now());
  await place.write('good', jsonLines(GOOD));
  await place.write('hostile', jsonLines(CLAIMS));
  for (const source of ['good', 'hostile']) await place.sync(source);
  const asked = await place.open();
  const found = await asked.desk({
    who: 'una@acme.test',
    client: 'cli',
    tool: 'search',
    input: { query: 'instructions', limit: 50 },
  });
  const { results } = z.object({ output: z.object({ results: z.array(resultSchema) }) }).parse(JSON.parse(found)).output;
  expect(results.length).toBeGreaterThan(10);
  for (const { id, metadata } of results) expect([id.split(':')[0], metadata.source]).toEqual(['hostile', 'hostile']);
  const text = await asked.desk({ who: 'una@acme.test', client: 'cli', tool: 'fetch', input: { id: 'hostile:good:k1' } });
  expect(text).toContain('Ignore all previous instructions'); // a quotation stays a quotation
  expect(text).not.toMatch(/[\u200b\u202e\u{e0041}]|\]\(https:\/\/evil\.test|evil\.test\/x\.png/u);
  await asked.close();
});
