import { describe, expect, onTestFinished, test } from 'vitest';

import type { Embedder } from '../../src/core/embedder.ts';
import { embedWaiting } from '../../src/ingest/vectors.ts';
import { openViews } from '../../src/reader/views.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { anEmbedder } from '../support/an-embedder.ts';

import { only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';
import { aText, document } from '../support/new-document.ts';

const { signal } = new AbortController();
const ADA = person('ada');

const FORMER = anEmbedder({ fingerprint: 'words/1' });
const COMING = anEmbedder({ fingerprint: 'words/2' });

/** Twelve documents for everybody, or some of them for Bob alone, with vectors of the former model. */
const filled = async (hidden: number): Promise<AnIndex> => {
  const index = await anIndex();
  await index.sync(
    'wiki',
    Array.from({ length: 12 }, (_, at) =>
      document({
        key: `k${at}`,
        acl: only(at < hidden ? 'person:bob@acme.test' : 'everyone'),
        text: aText('Plan', `Spring ${at}.`),
      }),
    ),
  );
  await embedWaiting({ store: index.store, embedder: FORMER, signal });
  return index;
};

/** Embeds so many of what waits, oldest first. */
const comeFor = async ({ store }: AnIndex, count: number): Promise<void> => {
  const waiting = await store.waiting(COMING.fingerprint, count);
  const vectors = waiting.map(async ({ chunk, embedded }) => ({ chunk, vector: await COMING.embed(embedded) }));
  await store.putVectors(COMING.fingerprint, await Promise.all(vectors));
};

const asked = async (
  index: AnIndex,
  formers: readonly Embedder[] = [FORMER],
): Promise<{ readonly semantic: readonly string[]; readonly degraded: readonly string[] }> => {
  const views = await openViews({
    indexPath: index.path,
    rules: rulesFor('wiki'),
    now: () => 0,
    embedder: async () => COMING,
    formerEmbedder: (fingerprint) => {
      const former = formers.find((one) => one.fingerprint === fingerprint);
      return former && (async () => former);
    },
  });
  onTestFinished(() => views.close());
  const view = views.of({ identity: ADA, client: 'test', scopes: ['read'] });
  const { hits, degraded } = await view.search({ query: 'spring', limit: 50, offset: 0 }, signal);
  return { semantic: hits.map(({ passage }) => passage.semantic), degraded };
};

const ready = (count: number): string[] => Array.from({ length: count }, () => 'ready');

describe('while another model takes over', () => {
  test('the former one answers, until every passage has a vector of the new one, and then the new one at once', async () => {
    const index = await filled(0);
    for (const done of [0, 4, 4, 3]) {
      await comeFor(index, done);
      const before = FORMER.asked.length;
      expect(await asked(index)).toEqual({ semantic: ready(12), degraded: [] });
      expect(FORMER.asked.length).toBe(before + 1);
    }
    await comeFor(index, 1);
    const before = FORMER.asked.length;
    expect(await asked(index)).toEqual({ semantic: ready(12), degraded: [] });
    expect(FORMER.asked.length).toBe(before);
  });

  test('what somebody may not see has no say in which model answers them', async () => {
    const index = await filled(6);
    await comeFor(index, 6); // the oldest, which are Bob's
    const early = FORMER.asked.length;
    expect(await asked(index)).toEqual({ semantic: ready(6), degraded: [] });
    expect(FORMER.asked.length).toBe(early + 1);
    const other = await filled(6);
    const hers = (await other.store.waiting(COMING.fingerprint, 12)).slice(6);
    await other.store.putVectors(
      COMING.fingerprint,
      await Promise.all(hers.map(async ({ chunk, embedded }) => ({ chunk, vector: await COMING.embed(embedded) }))),
    );
    const before = FORMER.asked.length;
    expect(await asked(other)).toEqual({ semantic: ready(6), degraded: [] }); // though Bob's wait
    expect(FORMER.asked.length).toBe(before);
  });

  test('and the former one cannot be opened any more, the new one finds what it has come to', async () => {
    const index = await filled(0);
    await comeFor(index, 5);
    const { semantic, degraded } = await asked(index, []);
    expect(semantic.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'pending'), ...ready(5)]);
    expect(degraded).toEqual([]);
  });

  test('a text that changes is found by words until the new one has come to it, and loses no vector of the others', async () => {
    const index = await filled(0);
    await comeFor(index, 5);
    await index.sync('wiki', [document({ key: 'k0', text: aText('Plan', 'Spring, but later.') })]);
    expect((await asked(index)).semantic.toSorted()).toEqual(['pending', ...ready(11)]);
    const { embedded } = await embedWaiting({ store: index.store, embedder: COMING, signal });
    expect(embedded).toBe(8);
    expect(await asked(index, [])).toEqual({ semantic: ready(12), degraded: [] });
  });

  test('an unchanged piece of a changed text keeps both vectors', async () => {
    const index = await filled(0);
    await comeFor(index, 12);
    const rest = await index.store.waitingCount(COMING.fingerprint);
    await index.sync('wiki', [document({ key: 'k0', title: 'Plan', text: aText('Plan', 'Spring 0.', 'And more.') })]);
    expect(await index.store.waitingCount(COMING.fingerprint)).toBe(rest + 1);
  });

  test('once it has taken over, nothing of the former is left', async () => {
    const index = await filled(0);
    await comeFor(index, 12);
    await index.store.waiting(COMING.fingerprint, 1); // the new vectors take their place
    expect(await asked(index, [])).toEqual({ semantic: ready(12), degraded: [] });
    await comeFor(index, 12);
    expect(await index.store.waitingCount(COMING.fingerprint)).toBe(0);
    expect(await index.store.waitingCount(FORMER.fingerprint)).toBe(12); // the former is gone
  });

  test('to go back halfway costs nothing, and to go on to a third forgets the second', async () => {
    const index = await filled(0);
    await comeFor(index, 5);
    const back = await embedWaiting({ store: index.store, embedder: FORMER, signal });
    expect(back.embedded).toBeLessThanOrEqual(7); // what had been queued, and is made again
    expect(await index.store.waitingCount(COMING.fingerprint)).toBe(12);
    const third = anEmbedder({ fingerprint: 'words/3' });
    await comeFor(index, 5);
    expect(await embedWaiting({ store: index.store, embedder: third, signal })).toEqual({ embedded: 12 });
    expect(await index.store.waitingCount(third.fingerprint)).toBe(0);
    expect(await index.store.waitingCount(COMING.fingerprint)).toBe(12);
  });
});
