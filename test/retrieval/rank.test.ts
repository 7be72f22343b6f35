import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Snapshot } from '../../src/core/snapshot.ts';
import { rank } from '../../src/retrieval/rank.ts';
import { aSnapshot, type SnapshotChunk } from '../support/a-snapshot.ts';

const east = Float32Array.of(1, 0);
const north = Float32Array.of(0, 1);
const northEast = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2);

const found = (snapshot: Snapshot, query: string, vector?: Float32Array, limit = 10): string[] =>
  rank(snapshot, { query, ...(vector && { meaning: { vector, fingerprint: 'toy' } }), limit }).map(
    ({ documentId, ordinal }) => `${documentId}#${ordinal}`,
  );

test('a rare word counts for more than a frequent one', () => {
  const snapshot = aSnapshot([
    { documentId: 'a', text: 'the release plan of the harbour' },
    { documentId: 'b', text: 'the release plan of the bridge' },
    { documentId: 'c', text: 'the bridge over the river' },
    { documentId: 'd', text: 'the bridge of sighs' },
  ]);
  expect(found(snapshot, 'harbour bridge')[0]).toBe('a#0');
});

test('a word in the title counts for more than one in the text', () => {
  const snapshot = aSnapshot([
    { documentId: 'a', title: 'Lunch', text: 'We talked about pensions over soup and bread.' },
    { documentId: 'b', title: 'Pensions', text: 'We talked about money over soup and bread.' },
  ]);
  expect(found(snapshot, 'pensions')).toEqual(['b#0', 'a#0']);
});

test('meaning finds what shares no word with the query', () => {
  const snapshot = aSnapshot([
    { documentId: 'a', text: 'salary bands', vector: north },
    { documentId: 'b', text: 'office plants', vector: east },
  ]);
  expect(found(snapshot, 'what people earn', north)).toEqual(['a#0', 'b#0']);
  expect(found(snapshot, 'what people earn')).toEqual([]);
});

test('words and meaning count alike', () => {
  const snapshot = aSnapshot([
    { documentId: 'both', text: 'salary bands', vector: northEast },
    { documentId: 'meaning', text: 'office plants', vector: north },
    { documentId: 'neither', text: 'office chairs', vector: east },
    { documentId: 'words', text: 'salary bands', vector: east },
  ]);
  expect(found(snapshot, 'salary', north)).toEqual(['both#0', 'meaning#0', 'words#0', 'neither#0']);
});

test('a chunk whose vector is not made yet is judged by its words alone', () => {
  const snapshot = aSnapshot([
    { documentId: 'pending', text: 'salary bands' },
    { documentId: 'ready', text: 'salary bands', vector: northEast },
    { documentId: 'weak', text: 'office plants', vector: north },
  ]);
  expect(found(snapshot, 'salary', north)[0]).toBe('pending#0');
});

test('vectors of another model are not compared', () => {
  const snapshot = aSnapshot([{ documentId: 'a', text: 'salary bands', vector: north }], { fingerprint: 'other' });
  expect(found(snapshot, 'earnings', north)).toEqual([]);
  expect(found(snapshot, 'salary', north)).toEqual(['a#0']);
});

test('a document is found once, by its best chunk', () => {
  const snapshot = aSnapshot([
    {
      documentId: 'a',
      ordinal: 0,
      text: 'An introduction to many things, the budget among them, and to much else that is said below.',
    },
    { documentId: 'a', ordinal: 1, text: 'budget of the budget' },
    { documentId: 'b', ordinal: 0, text: 'the weather' },
  ]);
  expect(found(snapshot, 'budget')).toEqual(['a#1']);
});

test('a query of stop-words alone still finds, as does a word that every chunk holds', () => {
  const snapshot = aSnapshot([{ documentId: 'a', text: 'to be or not to be' }]);
  expect(found(snapshot, 'to be or not to be')).toEqual(['a#0']);
  const everywhere = aSnapshot(Array.from({ length: 5000 }, (_, at) => ({ documentId: `d${at}`, text: 'plan' })));
  expect(found(everywhere, 'plan')).toHaveLength(10);
});

test('operators are just words', () => {
  const snapshot = aSnapshot([
    { documentId: 'a', text: 'foo bar' },
    { documentId: 'b', text: 'near foo' },
  ]);
  expect(found(snapshot, '"foo" OR -bar NEAR(')).toEqual(['a#0', 'b#0']);
  expect(found(snapshot, '*) ^ "" :: {}')).toEqual([]);
});

test('nothing is found where nothing is visible', () => {
  expect(found(aSnapshot([]), 'anything', north)).toEqual([]);
});

test('a query reads the postings of at most 64 words', () => {
  const asked: string[] = [];
  const snapshot: Snapshot = { ...aSnapshot([]), postings: (term) => (asked.push(term), []) };
  found(snapshot, Array.from({ length: 500 }, (_, at) => `word${at}`).join(' '));
  expect(asked).toHaveLength(64);
});

test('equal chunks stand by document id, code unit by code unit, then by place; which of them are cut does not depend on where they are stored', () => {
  const ids = Array.from({ length: 150 }, (_, at) => `d${String(at).padStart(3, '0')}`);
  const chunks = ids.map((documentId): SnapshotChunk => ({ documentId, text: 'plan' }));
  expect(found(aSnapshot(chunks), 'plan', undefined, 500)).toEqual(found(aSnapshot(chunks.toReversed()), 'plan', undefined, 500));
  expect(found(aSnapshot(chunks.toReversed()), 'plan', undefined, 500)).toEqual(ids.slice(0, 100).map((id) => `${id}#0`));
  const words = ['ä', 'Z', 'a', '_'].map((documentId): SnapshotChunk => ({ documentId, text: 'plan' }));
  expect(found(aSnapshot(words), 'plan')).toEqual(['Z#0', '_#0', 'a#0', 'ä#0']);
});

test('neither the order of storing, nor row ids, nor the order of postings moves an answer, and a longer one goes on where a shorter ends', () => {
  const word = fc.constantFrom('plan', 'budget', 'salary', 'bridge', 'the', 'river');
  const chunk = fc.record({
    documentId: fc.constantFrom('a', 'b', 'c', 'd'),
    words: fc.array(word, { minLength: 1, maxLength: 6 }),
    vector: fc.option(fc.constantFrom(east, north, northEast), { nil: undefined }),
  });
  const world = fc.array(chunk, { maxLength: 12 }).chain((drawn) => {
    const chunks = drawn.map(({ documentId, words, vector }, ordinal): SnapshotChunk => ({
      documentId,
      ordinal,
      text: words.join(' '),
      ...(vector && { vector }),
    }));
    return fc.record({
      chunks: fc.constant(chunks),
      shuffled: fc.shuffledSubarray(chunks, { minLength: chunks.length, maxLength: chunks.length }),
    });
  });
  fc.assert(
    fc.property(world, fc.array(word, { minLength: 1, maxLength: 4 }), fc.nat(5), ({ chunks, shuffled }, words, limit) => {
      const one = aSnapshot(chunks);
      const other = aSnapshot(shuffled, { firstRow: 9000 });
      const reversed: Snapshot = { ...other, postings: (term) => other.postings(term).toReversed() };
      const whole = found(one, words.join(' '), northEast);
      expect(found(reversed, words.join(' '), northEast)).toEqual(whole);
      expect(found(one, words.join(' '), northEast, limit)).toEqual(whole.slice(0, limit));
    }),
  );
});
