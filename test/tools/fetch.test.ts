import { expect, test } from 'vitest';

import type { FetchFound } from '../../src/core/view.ts';
import { fetchTool } from '../../src/tools/fetch.ts';
import { toolContract } from '../contracts/tool.ts';
import { aContext, aPassage, aView, aVisibleDocument, basis, type ContextParts } from '../support/a-view.ts';
import { aHostileDocument, COSTLY } from '../support/hostile.ts';
import { tokensOf } from '../support/tokens.ts';

type Part = ReturnType<(typeof fetchTool.output)['parse']>;

const read = async (document: FetchFound, input: object = {}, parts: ContextParts = {}): Promise<Part> => {
  const asked = fetchTool.input.parse({ id: document.document.id, ...input });
  const answer = await fetchTool.run(asked, aContext(aView({ found: [document] }), parts));
  if ('missing' in answer) throw new Error('it is there');
  return answer.output;
};

/** Follows the cursors to the end. */
const readAll = async (document: FetchFound, input: object = {}): Promise<Part[]> => {
  const parts: ContextParts = { sealed: new Map() };
  const all = [await read(document, input, parts)];
  for (let cursor = all[0]?.next_cursor; cursor !== undefined; cursor = all.at(-1)?.next_cursor) {
    all.push(await read(document, { ...input, cursor }, parts));
    if (all.length > 1_000) throw new Error('it never ends');
  }
  return all;
};

const textOf = ({ passages }: FetchFound): string => passages.map(({ text }) => text).join('');
const joined = (parts: readonly Part[]): string => parts.map(({ text }) => text).join('');

const aBook = (chapters: number): FetchFound => ({
  document: aVisibleDocument({ id: 'handbook:book' }),
  passages: Array.from({ length: chapters }, (_, ordinal) =>
    aPassage({ ordinal, text: `Chapter ${ordinal}. ${'It was a dark and stormy night. '.repeat(40)}\n\n` }),
  ),
});

toolContract(fetchTool, {
  input: { id: 'handbook:plan' },
  view: aView({ found: [{ document: aVisibleDocument(), passages: [aPassage()] }] }),
  documents: [{ id: 'handbook:plan', content: 'c0ffee', acl: 7 }],
});

test('a short document is one part, with its fields', async () => {
  const document = aVisibleDocument({ fields: { status: 'open', amount: 12, due_at: null } });
  const passages = [aPassage({ text: 'We move ', location: { page: 1 } }), aPassage({ ordinal: 1, text: 'in spring.' })];
  expect(await read({ document, passages })).toMatchInlineSnapshot(`
    {
      "id": "handbook:plan",
      "metadata": {
        "author": "Ada",
        "author_trust": "member",
        "decided_by": "stored",
        "fields": {
          "amount": 12,
          "due_at": null,
          "status": "open",
        },
        "fresh": true,
        "labels": [],
        "permissions_synced_at": "2026-01-03T00:00:00.000Z",
        "semantic": "ready",
        "source": "handbook",
        "stripped": 0,
        "synced_at": "2026-01-03T00:00:00.000Z",
        "type": "page",
        "untrusted": true,
        "updated_at": "2026-01-02T03:04:05.000Z",
      },
      "text": "We move in spring.",
      "title": "Plan",
      "url": "https://wiki.acme.test/handbook:plan",
    }
  `);
});

test('a document is trusted as far as its least trusted passage, pending while one is, and stripped of all that they were', async () => {
  const passages = [
    aPassage({ authorTrust: 'member', semantic: 'ready', stripped: 1 }),
    aPassage({ authorTrust: 'outside', semantic: 'pending', stripped: 2 }),
    aPassage({ authorTrust: 'guest', semantic: 'ready', stripped: 4 }),
  ];
  expect((await read({ document: aVisibleDocument(), passages })).metadata).toMatchObject({
    author_trust: 'outside',
    semantic: 'pending',
    stripped: 7,
  });
});

test('a document without text is an empty one, by nobody known', async () => {
  const part = await read({ document: aVisibleDocument(), passages: [] });
  expect(part).toMatchObject({ text: '', metadata: { author_trust: 'outside', semantic: 'ready' } });
  expect(part.next_cursor).toBeUndefined();
});

test.each(['absent', 'refused'] as const)('what is %s is missing, and only the audit hears why', async (why) => {
  const view = aView({ missing: { 'handbook:secret': why } });
  const answer = await fetchTool.run(fetchTool.input.parse({ id: 'handbook:secret' }), aContext(view));
  expect(answer).toEqual({ missing: why, basis });
});

test('an input that cannot be meant is refused', () => {
  for (const wrong of [
    {},
    { id: '' },
    { id: 'x'.repeat(2_001) },
    { id: 7 },
    { id: 'a:b', cursor: '' },
    { id: 'a:b', max_tokens: 499 },
  ]) {
    expect(fetchTool.input.safeParse(wrong).success).toBe(false);
  }
});

test('a long document comes in parts below the budget, cut between its passages, that joined are its text', async () => {
  const book = aBook(200);
  const parts = await readAll(book);
  expect(parts.length).toBeGreaterThan(5);
  expect(joined(parts)).toBe(textOf(book));
  for (const part of parts) {
    expect(tokensOf(part)).toBeLessThan(8_000);
    expect(part.text).toMatch(/^Chapter[^]*\n\n$/u);
  }
});

test('parts are as large as asked', async () => {
  const book = aBook(60);
  const small = await readAll(book, { max_tokens: 1_000 });
  expect(small.every((part) => tokensOf(part) < 1_000)).toBe(true);
  expect((await readAll(book, { max_tokens: 20_000 })).length).toBeLessThan(small.length);
  expect(joined(small)).toBe(textOf(book));
});

test('a passage too large for a part is cut between its words, and read on from there', async () => {
  const book: FetchFound = { document: aVisibleDocument(), passages: [aPassage({ text: 'fjord '.repeat(2_000) })] };
  const parts = await readAll(book, { max_tokens: 500 });
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.every((part) => tokensOf(part) < 500 && part.text.endsWith('fjord '))).toBe(true);
  expect(joined(parts)).toBe(textOf(book));
});

test('a cursor expires when the document has changed', async () => {
  const sealed: NonNullable<ContextParts['sealed']> = new Map();
  const book = aBook(60);
  const { next_cursor: cursor } = await read(book, {}, { sealed });
  const changed = { ...book, document: { ...book.document, contentHash: 'another' } };
  await expect(read(changed, { cursor }, { sealed })).rejects.toMatchObject({ code: 'expired' });
});

test('a cursor of another document is refused, and none reaches a document that is no longer there', async () => {
  const sealed: NonNullable<ContextParts['sealed']> = new Map();
  const { next_cursor: cursor } = await read(aBook(60), {}, { sealed });
  const other = { document: aVisibleDocument({ id: 'handbook:other' }), passages: [] };
  await expect(read(other, { cursor }, { sealed })).rejects.toMatchObject({ code: 'invalid_input' });
  const asked = fetchTool.input.parse({ id: 'handbook:book', cursor });
  expect(await fetchTool.run(asked, aContext(aView(), { sealed }))).toEqual({ missing: 'absent', basis });
});

test.each(COSTLY)('no source can break the budget of a part, even by writing nothing but %j', async (filler) => {
  const hostile = aHostileDocument(filler, { id: `handbook:${filler.repeat(200)}`, passages: 12 });
  const parts = await readAll(hostile);
  for (const part of parts) {
    expect(tokensOf(part)).toBeLessThan(8_000);
    expect(part.text.isWellFormed()).toBe(true);
  }
  expect(joined(parts)).toBe(textOf(hostile));
});
