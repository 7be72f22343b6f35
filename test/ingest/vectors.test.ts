import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import type { Embedder } from '../../src/core/embedder.ts';
import type { Progress } from '../../src/ingest/progress.ts';
import { embedWaiting } from '../../src/ingest/vectors.ts';
import { aSync } from '../support/a-sync.ts';
import { anEmbedder } from '../support/an-embedder.ts';
import { anIndex } from '../support/an-index.ts';
import { aDocument } from '../support/builders.ts';

const many = (count: number): Change<number>[] =>
  Array.from({ length: count }, (_, at) => ({
    type: 'document',
    document: aDocument({ key: `k${at}`, body: { kind: 'text', text: `Text number ${at}.`, format: 'plain' } }),
  }));
const { signal } = new AbortController();

test('every chunk gets its vector once, and one text is asked at a time', async () => {
  const { store } = await anIndex();
  await aSync(store, many(70));
  const embedder = anEmbedder();
  expect(await embedWaiting({ store, embedder, signal })).toEqual({ embedded: 70 });
  expect(await store.waitingCount(embedder.fingerprint)).toBe(0);
  expect(await embedWaiting({ store, embedder, signal })).toEqual({ embedded: 0 });
  expect(embedder.asked).toHaveLength(70);
});

test('an abort keeps what was made, and the next run makes the rest', async () => {
  const { store } = await anIndex();
  await aSync(store, many(10));
  const abort = new AbortController();
  const embedder = anEmbedder();
  const aborting: Embedder = {
    ...embedder,
    embed: (text) => {
      if (embedder.asked.length === 3) abort.abort();
      return embedder.embed(text);
    },
  };
  expect(await embedWaiting({ store, embedder: aborting, signal: abort.signal })).toEqual({ embedded: 4 });
  expect(await embedWaiting({ store, embedder, signal })).toEqual({ embedded: 6 });
  expect(new Set(embedder.asked).size).toBe(10);
});

test('a model that fails loses nothing that was committed', async () => {
  const { store } = await anIndex();
  await aSync(store, many(5));
  const embedder = anEmbedder();
  const failing: Embedder = {
    ...embedder,
    embed: (text) => (embedder.asked.length === 2 ? Promise.reject(new Error('out of memory')) : embedder.embed(text)),
  };
  await expect(embedWaiting({ store, embedder: failing, signal, batch: 1 })).rejects.toThrow('out of memory');
  expect(await store.waitingCount(embedder.fingerprint)).toBe(3);
});

test('another model makes all vectors again', async () => {
  const { store } = await anIndex();
  await aSync(store, many(3));
  await embedWaiting({ store, embedder: anEmbedder(), signal });
  expect(await embedWaiting({ store, embedder: anEmbedder({ fingerprint: 'words/2' }), signal })).toEqual({ embedded: 3 });
});

test('an acl that moves asks no model', async () => {
  const { store } = await anIndex();
  const embedder = anEmbedder();
  await aSync(store, many(1));
  await embedWaiting({ store, embedder, signal });
  await aSync(store, [{ type: 'acl', key: 'k0', acl: { unknown: 'closed' } }]);
  expect(await store.waitingCount(embedder.fingerprint)).toBe(0);
});

test('progress says how many are done, of how many', async () => {
  const { store } = await anIndex();
  await aSync(store, many(5));
  const seen: Progress[] = [];
  let clock = 0;
  await embedWaiting({
    store,
    embedder: anEmbedder(),
    signal,
    onProgress: (progress) => seen.push(progress),
    now: () => (clock += 200),
  });
  expect(seen.map(({ done, total }) => `${done}/${total}`)).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5', '5/5']);
});
