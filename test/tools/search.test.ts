import { expect, test } from 'vitest';

import type { FetchFound } from '../../src/core/view.ts';
import { searchTool } from '../../src/tools/search.ts';
import { toolContract } from '../contracts/tool.ts';
import { aContext, aPassage, aView, aVisibleDocument, type ContextParts, type ViewContents } from '../support/a-view.ts';
import { aHostileDocument, COSTLY } from '../support/hostile.ts';
import { tokensOf } from '../support/tokens.ts';

const ask = async (contents: ViewContents, input: object, parts: ContextParts = {}): Promise<Answer> => {
  const answer = await searchTool.run(searchTool.input.parse({ query: 'plan', ...input }), aContext(aView(contents), parts));
  if ('missing' in answer) throw new Error('a search always answers');
  return answer.output;
};
type Answer = ReturnType<(typeof searchTool.output)['parse']>;

const pages = (count: number): FetchFound[] =>
  Array.from({ length: count }, (_, at) => ({
    document: aVisibleDocument({ id: `handbook:${at}`, contentHash: `hash ${at}`, acl: at }),
    passages: [aPassage({ text: `Passage ${at}. ${'It goes on. '.repeat(30)}` })],
  }));
const idsOf = ({ results }: Answer): string[] => results.map(({ id }) => id);

toolContract(searchTool, {
  input: { query: 'plan', limit: 2 },
  view: aView({ found: pages(3) }),
  documents: [
    { id: 'handbook:0', content: 'hash 0', acl: 0 },
    { id: 'handbook:1', content: 'hash 1', acl: 1 },
  ],
});

test('a result says what it is, how far it is to be trusted, and how fresh it is', async () => {
  const document = aVisibleDocument({ labels: ['restricted'], fresh: false, fields: { status: 'open' } });
  const passage = aPassage({
    location: { headings: ['Offices', 'Move'], page: 2 },
    authorTrust: 'guest',
    semantic: 'pending',
    stripped: 3,
  });
  expect(await ask({ found: [{ document, passages: [passage] }] }, {})).toMatchInlineSnapshot(`
    {
      "results": [
        {
          "id": "handbook:plan",
          "metadata": {
            "author": "Ada",
            "author_trust": "guest",
            "decided_by": "stored",
            "fresh": false,
            "labels": [
              "restricted",
            ],
            "location": {
              "headings": [
                "Offices",
                "Move",
              ],
              "page": 2,
            },
            "permissions_synced_at": "2026-01-03T00:00:00.000Z",
            "semantic": "pending",
            "source": "handbook",
            "stripped": 3,
            "synced_at": "2026-01-03T00:00:00.000Z",
            "type": "page",
            "untrusted": true,
            "updated_at": "2026-01-02T03:04:05.000Z",
          },
          "text": "We move in spring.",
          "title": "Plan",
          "url": "https://wiki.acme.test/handbook:plan",
        },
      ],
    }
  `);
});

test('nothing found is an empty answer', async () => {
  expect(await ask({}, {})).toEqual({ results: [] });
});

test('an answer made without the model says so', async () => {
  expect(await ask({ degraded: ['semantic_unavailable'] }, {})).toEqual({ results: [], degraded: ['semantic_unavailable'] });
});

test('filters narrow what is found', async () => {
  const found = [
    {
      document: aVisibleDocument({ id: 'wiki:old', source: 'wiki', updatedAt: Date.parse('2025-12-31T23:59:59Z') }),
      passages: [],
    },
    {
      document: aVisibleDocument({ id: 'wiki:new', source: 'wiki', updatedAt: Date.parse('2026-01-01T12:00:00Z') }),
      passages: [],
    },
    { document: aVisibleDocument({ id: 'tickets:1', source: 'tickets', type: 'issue' }), passages: [] },
  ];
  expect(idsOf(await ask({ found }, { sources: ['wiki'] }))).toEqual(['wiki:old', 'wiki:new']);
  expect(idsOf(await ask({ found }, { types: ['issue'] }))).toEqual(['tickets:1']);
  expect(idsOf(await ask({ found }, { sources: ['wiki'], updated_after: '2026-01-01' }))).toEqual(['wiki:new']);
  expect(idsOf(await ask({ found }, { sources: ['wiki'], updated_after: '2026-01-01T14:00:00+01:00' }))).toEqual([]);
});

const refusal = (input: object): string | undefined => searchTool.input.safeParse(input).error?.issues[0]?.message;

test('an input that cannot be meant is refused in a sentence', () => {
  expect(refusal({ query: ' \n ' })).toBe('must not be empty; say in words what to look for, or give where');
  expect(refusal({ query: 'x'.repeat(2_001) })).toBe('must have at most 2,000 characters; ask more briefly');
  expect(refusal({ query: ` ${'x'.repeat(2_000)} ` })).toBeUndefined();
  for (const updated_after of ['yesterday', '2026-02-30', '2026-01-01T00:00:00', '', '1']) {
    expect(refusal({ query: 'plan', updated_after })).toContain('must be a date or time like 2026-01-31');
  }
  for (const wrong of [
    {},
    { query: 1 },
    { query: 'plan', limit: 0 },
    { query: 'plan', limit: 51 },
    { query: 'plan', limit: 1.5 },
  ]) {
    expect(refusal(wrong)).toBeDefined();
  }
  for (const wrong of [{ sources: [] }, { types: [''] }, { max_tokens: 499 }, { max_tokens: 20_001 }, { cursor: '' }]) {
    expect(refusal({ query: 'plan', ...wrong })).toBeDefined();
  }
});

test('a query may be empty where there are conditions, and only there', () => {
  const where = [{ field: 'status', is: 'open' }];
  expect(searchTool.input.parse({ where })).toMatchObject({ query: '', where: [{ field: 'status', must: 'be', text: 'OPEN' }] });
  expect(refusal({ query: ' ', where })).toBeUndefined();
  expect(refusal({})).toContain('must not be empty');
  expect(refusal({ query: '', where: [] })).toBe('must not be empty; leave it out');
});

test('a result shows the fields that were asked about, and no others', async () => {
  const document = aVisibleDocument({ fields: { status: 'Open', amount: 3, due_at: null, region: 'north' } });
  const where = [{ field: 'status', is: 'open' }, { field: 'due_at', is: null }]; // prettier-ignore
  const { results } = await ask({ found: [{ document, passages: [] }] }, { where });
  expect(results[0]?.metadata).toMatchObject({ fields: { status: 'Open', due_at: null } });
  expect(results[0]?.metadata).not.toHaveProperty('fields.amount');
});

test('a list that cannot be paged to its end says so', async () => {
  expect(await ask({ partial: true }, {})).toEqual({ results: [], partial: true });
});

test('a query is trimmed and mended to whole characters', () => {
  expect(searchTool.input.parse({ query: '  Füße \u{d800} ' })).toMatchObject({ query: 'Füße \u{fffd}', limit: 10 });
});

test('cursors lead through all results, each once, whatever the size of the pages', async () => {
  const found = pages(23);
  const parts: ContextParts = { sealed: new Map() };
  const seen: string[] = [];
  let cursor: string | undefined;
  for (const limit of [3, 10, 1, 5, 4]) {
    const answer: Answer = await ask({ found }, { limit, ...(cursor && { cursor }) }, parts);
    seen.push(...idsOf(answer));
    cursor = answer.next_cursor;
  }
  expect(seen).toEqual(found.map(({ document }) => document.id));
  expect(cursor).toBeUndefined();
});

test('a cursor expires when a result before it is no longer there, or another one came', async () => {
  const found = pages(5);
  const parts: ContextParts = { sealed: new Map() };
  const { next_cursor: cursor } = await ask({ found }, { limit: 2 }, parts);
  for (const now of [found.slice(1), [...pages(9).slice(8), ...found], []]) {
    await expect(ask({ found: now }, { cursor }, parts)).rejects.toMatchObject({ code: 'expired' });
  }
  expect(idsOf(await ask({ found: found.slice(0, 3) }, { cursor }, parts))).toEqual(['handbook:2']);
});

test('a cursor of another query or filter is refused', async () => {
  const found = pages(5);
  const parts: ContextParts = { sealed: new Map() };
  const { next_cursor: cursor } = await ask({ found }, { limit: 2 }, parts);
  for (const other of [
    { query: 'another' },
    { sources: ['handbook'] },
    { types: ['page'] },
    { updated_after: '2020-01-01' },
    { where: [{ field: 'status', is: null }] },
  ]) {
    await expect(ask({ found }, { cursor, ...other }, parts)).rejects.toMatchObject({ code: 'invalid_input' });
  }
  await expect(ask({ found }, { cursor: 'forged' }, parts)).rejects.toMatchObject({ code: 'invalid_input' });
});

test('ten ordinary results fit into a default answer', async () => {
  const answer = await ask({ found: pages(10) }, {});
  expect(answer.results).toHaveLength(10);
  expect(tokensOf(answer)).toBeLessThan(4_000);
});

test('results beyond the budget are left for the next answer, whole', async () => {
  const found = pages(50);
  const parts: ContextParts = { sealed: new Map() };
  const sizes: number[] = [];
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const answer: Answer = await ask({ found }, { limit: 50, max_tokens: 2_000, ...(cursor && { cursor }) }, parts);
    expect(tokensOf(answer)).toBeLessThan(2_000);
    expect(answer.results.every(({ text }) => text.endsWith('It goes on. '))).toBe(true);
    sizes.push(answer.results.length);
    seen.push(...idsOf(answer));
    cursor = answer.next_cursor;
  } while (cursor !== undefined);
  expect(Math.max(...sizes)).toBeGreaterThan(5);
  expect(seen).toEqual(found.map(({ document }) => document.id));
});

test('a single result that is too large is shortened, not left out', async () => {
  const [result] = (
    await ask(
      { found: [{ document: aVisibleDocument(), passages: [aPassage({ text: 'word '.repeat(3_000) })] }] },
      { max_tokens: 500 },
    )
  ).results;
  expect(result?.text).toMatch(/^word( word)+…$/u);
});

test.each(COSTLY)('no source can break the budget of a default answer, even by writing nothing but %j', async (filler) => {
  const found = Array.from({ length: 10 }, (_, at) =>
    aHostileDocument(filler, { id: `handbook:${filler.repeat(200)}${at}`, passages: 1 }),
  );
  const answer = await ask({ found }, {});
  expect(tokensOf(answer)).toBeLessThan(4_000);
  expect(answer.results.length).toBeGreaterThan(0);
  expect(answer.next_cursor).toBeDefined();
  expect(JSON.stringify(answer).isWellFormed()).toBe(true);
});
