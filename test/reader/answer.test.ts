import { describe, expect, test } from 'vitest';

import type { Embedder } from '../../src/core/embedder.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import { anEmbedder } from '../support/an-embedder.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { asking, ids, TWELVE } from '../support/asking.ts';
import { anAccount, except, only } from '../support/builders.ts';
import { rulesFor } from '../support/looking.ts';
import { aText, document } from '../support/new-document.ts';

const HOUR = 3_600_000;

describe('search', () => {
  test('shows each person what they may see', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'all' }),
      document({ key: 'bob', acl: only('person:bob@acme.test') }),
      document({ key: 'not-bob', acl: except(['everyone'], ['person:bob@acme.test']) }),
    ]);
    const { search } = asking(index);
    expect(ids(await search('ada'))).toEqual(['wiki:all', 'wiki:not-bob']);
    expect(ids(await search('bob'))).toEqual(['wiki:all', 'wiki:bob']);
  });

  test('goes page by page, and says whether there is more', async () => {
    const index = await anIndex();
    await index.sync('wiki', TWELVE);
    const { search } = asking(index);
    const all = ids(await search('ada', { limit: 50 }));
    expect(all).toHaveLength(8);
    const first = await search('ada', { limit: 5 });
    expect([ids(first), first.found.before, first.found.more]).toEqual([all.slice(0, 5), [], true]);
    const second = await search('ada', { limit: 5, offset: 5 });
    expect([ids(second), second.found.before, second.found.more]).toEqual([all.slice(5), all.slice(0, 5), false]);
    const exact = await search('ada', { limit: 3, offset: 5 });
    expect([ids(exact), exact.found.more]).toEqual([all.slice(5), false]);
    const beyond = await search('ada', { offset: 50 });
    expect([ids(beyond), beyond.found.before, beyond.found.more]).toEqual([[], all, false]);
  });

  test.each([
    ['nothing', ''],
    ['a word nobody wrote', 'zeppelin'],
    ['operators', '" OR NEAR( * ) -- '],
  ])('for %s finds nothing and does not mind', async (_, query) => {
    const index = await anIndex();
    await index.sync('wiki', TWELVE);
    expect(ids(await asking(index).search('ada', { query }))).toEqual([]);
  });

  test('gives the piece that holds the words, with where it stands and how far its author is trusted', async () => {
    const index = await anIndex();
    const { contentHash, chunks } = aText('Plan', 'Nothing here. ', 'We move in spring.', 'The end.');
    const [first, second, third] = chunks;
    if (!first || !second || !third) throw new Error('three pieces');
    const located = { ...second, location: { headings: ['When'] }, author: 'user:gus' as const, stripped: 3 };
    await index.sync('wiki', [
      { type: 'account', account: anAccount({ id: 'gus', kind: 'guest' }) },
      { type: 'account', account: anAccount({ id: 'ada', name: 'Ada Lovelace' }) },
      document({ author: 'user:ada', text: { contentHash, chunks: [first, located, third] } }),
    ]);
    const [hit] = (await asking(index).search('bob', { query: 'move' })).found.hits;
    expect(hit).toEqual({
      document: expect.objectContaining({ id: 'wiki:plan', author: 'Ada Lovelace', contentHash, fresh: true }),
      passage: {
        ordinal: 1,
        text: 'We move in spring.',
        location: { headings: ['When'] },
        authorTrust: 'guest',
        semantic: 'pending',
        stripped: 3,
      },
    });
  });

  test('forgets a person the moment their group does', async () => {
    const index = await anIndex();
    const eng = (...names: readonly string[]) =>
      index.sync('wiki', [
        { type: 'members', group: 'eng', members: names.map((name): `person:${string}` => `person:${name}@acme.test`) },
      ]);
    await eng('ada', 'bob');
    await index.sync('wiki', [document({ acl: only('group:eng') })]);
    const { search, fetch } = asking(index);
    expect(ids(await search('ada'))).toEqual(['wiki:plan']);
    await eng('bob');
    expect(ids(await search('ada'))).toEqual([]);
    expect((await fetch('ada')).found).toBe('refused');
    expect(ids(await search('bob'))).toEqual(['wiki:plan']);
  });
});

/** Gives every piece that waits its vector. */
const embedded = async (index: AnIndex, embedder: Embedder): Promise<void> => {
  const waiting = await index.store.waiting(embedder.fingerprint, 100);
  const vectors = await Promise.all(
    waiting.map(async ({ chunk, embedded: text }) => ({ chunk, vector: await embedder.embed(text) })),
  );
  await index.store.putVectors(embedder.fingerprint, vectors);
};

describe('meaning', () => {
  test('finds too, and a hit says whether its piece has been embedded', async () => {
    const index = await anIndex();
    const embedder = anEmbedder();
    await index.sync('wiki', [document({ key: 'old' })]);
    await embedded(index, embedder);
    await index.sync('wiki', [document({ key: 'new', text: aText('Plan', 'Later in spring.') })]);
    const { search, fetch } = asking(index, { embedder });
    const { found } = await search('ada');
    expect(found.degraded).toEqual([]);
    expect(Object.fromEntries(found.hits.map((hit) => [hit.document.id, hit.passage.semantic]))).toEqual({
      'wiki:old': 'ready',
      'wiki:new': 'pending',
    });
    expect((await fetch('ada', 'wiki:old')).found).toMatchObject({ passages: [{ semantic: 'ready' }] });
  });

  test('of vectors that another model made is none: words alone', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    await embedded(index, anEmbedder({ fingerprint: 'other' }));
    const { found } = await asking(index, { embedder: anEmbedder() }).search('ada');
    expect(found.hits.map(({ passage }) => passage.semantic)).toEqual(['pending']);
  });

  test('is missing without a direction: words still find, and the answer says so', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const answer = await asking(index).search('ada');
    expect(ids(answer)).toEqual(['wiki:plan']);
    expect(answer.found.degraded).toEqual(['semantic_unavailable']);
  });
});

describe('fetch', () => {
  test('gives all pieces in order, which are the text', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ text: aText('Plan', 'One. ', 'Two. ', 'Three.') })]);
    const { found } = await asking(index).fetch('ada');
    if (typeof found === 'string') throw new Error(found);
    expect(found.passages.map(({ text }) => text).join('')).toBe('One. Two. Three.');
    expect(found.passages.map(({ authorTrust }) => authorTrust)).toEqual(['outside', 'outside', 'outside']);
  });

  test.each([
    ['wiki:plan', 'refused'],
    ['wiki:nope', 'absent'],
    ['nope:plan', 'absent'],
    ['other:plan', 'refused'],
    ['plan', 'absent'],
    ['', 'absent'],
    ['wiki:', 'absent'],
    ["wiki:' OR 1=1 --", 'absent'],
  ])('of %s is %s', async (id, missing) => {
    const index = await anIndex();
    await index.sync('wiki', [document({ acl: only('person:bob@acme.test') })]);
    await index.sync('other', [document({ acl: only('public') })]); // stored, and configured no more
    expect((await asking(index).fetch('ada', id)).found).toBe(missing);
  });

  test('takes half a character for no other one', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ key: '\ufffd' })]);
    const { fetch } = asking(index);
    expect((await fetch('ada', 'wiki:\ufffd')).found).toMatchObject({ document: { id: 'wiki:\ufffd' } });
    expect((await fetch('ada', 'wiki:\ud800')).found).toBe('absent');
  });

  test('is refused past the promises, and labelled where that is the rule', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const day = DEFAULT_FRESHNESS.permissions.within;
    const { fetch } = asking(index);
    expect((await fetch('ada', 'wiki:plan', HOUR)).found).toMatchObject({ document: { fresh: true } });
    expect((await fetch('ada', 'wiki:plan', HOUR + 1)).found).toMatchObject({ document: { fresh: false } });
    expect((await fetch('ada', 'wiki:plan', day + 1)).found).toBe('refused');
    const strict: Freshness = { ...DEFAULT_FRESHNESS, content: { within: HOUR, onBreach: 'deny' } };
    expect((await asking(index, { rules: rulesFor(['wiki', strict]) }).fetch('ada', 'wiki:plan', HOUR + 1)).found).toBe(
      'refused',
    );
  });

  test('says how old the oldest fact is that decided', async () => {
    const index = await anIndex();
    await index.sync('wiki', [{ type: 'members', group: 'eng', members: ['person:ada@acme.test'] }], 10);
    await index.sync('wiki', [document({ acl: only('group:eng') })], 20);
    expect((await asking(index).fetch('ada', 'wiki:plan', 30)).found).toMatchObject({
      document: { syncedAt: 20, permissionsSyncedAt: 10 },
    });
  });

  test('knows nobody without an e-mail as everyone', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    expect((await asking(index).fetch({ issuer: 'idp', subject: 'ada' })).found).toBe('refused');
  });
});

describe('sources', () => {
  test('names only those with something visible, by name, and counts over that alone', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'a', type: 'page', updatedAt: 3, fields: { status: 'open' } }),
      document({ key: 'b', type: 'issue', updatedAt: 5 }),
      document({ key: 'c', type: 'secret', updatedAt: 9, acl: only('user:bob') }),
    ]);
    await index.sync('files', [document({ updatedAt: 4 })], 2);
    await index.sync('dark', [document({ acl: only('user:bob') })]);
    const { sources } = asking(index, { rules: rulesFor('wiki', 'files', 'dark') });
    const promise = { contentWithin: HOUR, permissionsWithin: 24 * HOUR };
    expect((await sources('ada', 2)).found).toEqual([
      { name: 'files', types: ['page'], fields: [], promise, updatedAt: 4, syncedAt: 2, permissionsSyncedAt: 2 },
      { name: 'wiki', types: ['issue', 'page'], fields: ['status'], promise, updatedAt: 5, syncedAt: 0, permissionsSyncedAt: 0 },
    ]);
  });

  test('are none for a stranger', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ acl: only('person:bob@acme.test') })]);
    expect((await asking(index).sources('ada')).found).toEqual([]);
  });
});
