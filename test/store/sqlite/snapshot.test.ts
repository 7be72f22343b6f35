import { describe, expect, test } from 'vitest';

import { carriedBy } from '../../../src/core/policy.ts';
import type { Filter } from '../../../src/core/snapshot.ts';
import type { Write } from '../../../src/store/store.ts';
import { type AnIndex, anIndex } from '../../support/an-index.ts';
import { only } from '../../support/builders.ts';
import { idsIn, looking, person, rulesFor, shown } from '../../support/looking.ts';
import { aText, document } from '../../support/new-document.ts';

describe('what a snapshot shows', () => {
  const three: readonly Write[] = [
    document({ key: 'a', type: 'page', updatedAt: 1, fields: { status: 'open', amount: 5, due_at: null } }),
    document({ key: 'b', type: 'issue', updatedAt: 2, fields: { status: 'Shut', due_at: '2026-03-31T12:00:00.000Z' } }),
    document({ key: 'hidden', updatedAt: 3, acl: only('user:bob'), fields: { status: 'open', amount: 7 } }),
  ];

  test('counts, finds and places only what holds', async () => {
    const index = await anIndex();
    await index.sync('wiki', three);
    looking(index, (snapshot) => {
      expect(snapshot.count()).toBe(2);
      expect(snapshot.postings('spring')).toHaveLength(2);
      expect(snapshot.postings('nowhere')).toEqual([]);
      expect(snapshot.places([1, 2, 3, 4]).map(({ documentId }) => documentId)).toEqual(['wiki:a', 'wiki:b']);
    });
  });

  test.each<readonly [string, Filter, readonly string[]]>([
    ['a source', { sources: ['wiki'] }, ['wiki:a', 'wiki:b']],
    ['no source', { sources: [] }, []],
    ['a source nobody knows', { sources: ['nope', "' OR 1=1 --"] }, []],
    ['types', { types: ['issue', 'nope'] }, ['wiki:b']],
    ['a time, not including it', { updatedAfter: 1 }, ['wiki:b']],
    ['a text', { where: [{ field: 'status', must: 'be', text: 'SHUT' }] }, ['wiki:b']],
    ['a text that stands only on what is hidden', { where: [{ field: 'amount', must: 'lie', from: 7, to: 7 }] }, []],
    ['numbers', { where: [{ field: 'amount', must: 'lie', from: 5, to: 5 }] }, ['wiki:a']],
    ['times', { where: [{ field: 'due_at', must: 'lie', to: Date.parse('2026-04-01') }] }, ['wiki:b']],
    ['what there is none of', { where: [{ field: 'due_at', must: 'be none' }] }, ['wiki:a']],
    ['no condition', { where: [] }, ['wiki:a', 'wiki:b']],
    [
      'all of them',
      { sources: ['wiki'], types: ['page'], updatedAfter: 0, where: [{ field: 'status', must: 'be', text: 'OPEN' }] },
      ['wiki:a'],
    ],
  ])('is narrowed by %s', async (_, filter, expected) => {
    const index = await anIndex();
    await index.sync('wiki', three);
    expect(shown(index, { filter })).toEqual(expected);
  });

  test('is nothing of a source that is not configured', async () => {
    const index = await anIndex();
    await index.sync('wiki', three);
    await index.sync('old', [document({ acl: only('public') })]);
    expect(shown(index)).toEqual(['wiki:a', 'wiki:b']);
    expect(shown(index, { rules: rulesFor() })).toEqual([]);
    looking(index, (_, reading) => {
      const facts = reading.facts('old', person('ada'), rulesFor('wiki'), 0);
      expect(facts.leaf('public').is).toBe('undecided');
      expect(facts.audience('plan')).toBeUndefined();
      expect(facts.listing('eng')).toBeUndefined();
    });
  });

  test('does not mix up two sources that use the same names', async () => {
    const index = await anIndex();
    const both = rulesFor('wiki', 'files');
    await index.sync('wiki', [
      { type: 'members', group: 'eng', members: ['person:ada@acme.test'] },
      document({ acl: only('group:eng') }),
    ]);
    await index.sync('files', [
      { type: 'members', group: 'eng', members: ['person:bob@acme.test'] },
      document({ acl: only('group:eng') }),
    ]);
    expect(shown(index, { rules: both })).toEqual(['wiki:plan']);
  });

  test.each([
    [64, ['wiki:plan']],
    [65, []],
  ])('follows a chain of %i containers to %j', async (length, expected) => {
    const index = await anIndex();
    const chain = Array.from({ length }, (_, at): Write => {
      const acl = at === 0 ? only('everyone') : only(`audience:c${at}`);
      return { type: 'container', key: `c${at + 1}`, title: 'C', acl };
    });
    await index.sync('wiki', [...chain, document({ acl: only(`audience:c${length}`) })]);
    expect(shown(index)).toEqual(expected);
  });

  test('counts what is visible and meets the conditions, and nothing else', async () => {
    const index = await anIndex();
    await index.sync('wiki', three);
    const where = [{ field: 'status', must: 'be', text: 'OPEN' }] as const;
    expect(looking(index, (snapshot) => snapshot.count(), { filter: { where } })).toBe(1);
    expect(looking(index, (snapshot) => snapshot.count(), { filter: { where }, as: person('bob') })).toBe(1); // his account is not linked
  });

  test('lists what changed last first, then by id, each document once', async () => {
    const index = await anIndex();
    const two = aText('Plan', 'spring one', 'spring two');
    await index.sync('wiki', [
      ...three,
      document({ key: 'd', updatedAt: 2, text: two }),
      document({ key: 'c', updatedAt: 2 }),
      document({ key: 'e', updatedAt: 0 }),
    ]);
    looking(index, (snapshot) => {
      const all = snapshot.latest(10).map(({ documentId, ordinal }) => `${documentId} ${ordinal}`);
      expect(all).toEqual(['wiki:b 0', 'wiki:c 0', 'wiki:d 0', 'wiki:a 0', 'wiki:e 0']);
      expect(snapshot.latest(2).map(({ documentId }) => documentId)).toEqual(['wiki:b', 'wiki:c']);
    });
  });

  test('may be asked for twice in a transaction, each for itself', async () => {
    const index = await anIndex();
    await index.sync('wiki', three);
    index.reader().read((reading) => {
      const held = reading.holdAcls(person('ada'), rulesFor('wiki'), 0);
      const carried = carriedBy('test', rulesFor('wiki'));
      const pages = reading.snapshot(held, carried, 0, { types: ['page'] });
      const issues = reading.snapshot(held, carried, 0, { types: ['issue'] });
      expect([idsIn(pages), idsIn(issues)]).toEqual([['wiki:a'], ['wiki:b']]);
    });
  });
});

/** Gives every chunk that waits a vector, by its place in the queue. */
const embed = async ({ store }: AnIndex, fingerprint: string, vectors: readonly (readonly number[])[]): Promise<void> => {
  const waiting = await store.waiting(fingerprint, 100);
  await store.putVectors(
    fingerprint,
    waiting.map(({ chunk }, at) => ({ chunk, vector: Float32Array.from(vectors[at % vectors.length] ?? []) })),
  );
};

const texts = (...keys: readonly string[]): Write[] => keys.map((key) => document({ key, text: aText('Plan', `spring ${key}`) }));

describe('nearness', () => {
  test('goes from near to far, and ends at the limit', async () => {
    const index = await anIndex();
    await index.sync('wiki', texts('far', 'near', 'middle'));
    await embed(index, 'toy', [[0, 1], [1, 0], [1, 1]]); // prettier-ignore
    looking(index, (snapshot) => {
      const found = snapshot.nearest(Float32Array.of(1, 0), 'toy', 2);
      expect(found.map(({ documentId }) => documentId)).toEqual(['wiki:near', 'wiki:middle']);
      expect(found[0]?.distance).toBeCloseTo(0);
    });
  });

  test('breaks ties by document id and not by where a chunk is stored', async () => {
    const orders = [['c', 'a', 'b'], ['b', 'c', 'a']]; // prettier-ignore
    for (const order of orders) {
      const index = await anIndex();
      await index.sync('wiki', texts(...order));
      await embed(index, 'toy', [[1, 0]]);
      const found = looking(index, (snapshot) => snapshot.nearest(Float32Array.of(1, 0), 'toy', 2));
      expect(found.map(({ documentId }) => documentId)).toEqual(['wiki:a', 'wiki:b']);
    }
  });

  test('knows neither hidden chunks, nor those without a vector, nor those of another model', async () => {
    const index = await anIndex();
    await index.sync('wiki', [...texts('a'), document({ key: 'hidden', acl: only('user:bob') })]);
    await embed(index, 'toy', [[1, 0]]);
    await index.sync('wiki', texts('later'));
    looking(index, (snapshot) => {
      const toA = Float32Array.of(1, 0);
      expect(snapshot.nearest(toA, 'toy', 10).map(({ documentId }) => documentId)).toEqual(['wiki:a']);
      expect(snapshot.nearest(toA, 'other', 10)).toEqual([]);
      expect([...snapshot.distances(toA, 'toy', [1, 2, 3, 99]).keys()]).toEqual([1]);
      expect(snapshot.distances(toA, 'other', [1]).size).toBe(0);
    });
  });

  test('of a vector without direction is no nearness', async () => {
    const index = await anIndex();
    await index.sync('wiki', texts('a'));
    await embed(index, 'toy', [[1, 0]]);
    looking(index, (snapshot) => {
      expect(snapshot.nearest(Float32Array.of(0, 0), 'toy', 10)).toEqual([]);
      expect(snapshot.distances(Float32Array.of(0, 0), 'toy', [1]).size).toBe(0);
    });
  });
});
