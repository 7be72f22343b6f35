import { expect, test } from 'vitest';

import { aText, document } from '../../support/new-document.ts';
import { type MakePlace, sync } from './place.ts';

const VECTOR = new Float32Array([1, 0]);

/** The queue of chunks that wait for a vector, and the vectors that are used again. */
export const vectorContract = (makePlace: MakePlace): void => {
  const withTexts = async (...texts: readonly string[]) => {
    const store = await (await makePlace()).open();
    await sync(
      store,
      texts.map((text, number) => document({ key: `k${number}`, title: 'T', text: aText('T', text) })),
    );
    const embedAll = async (model: string): Promise<string[]> => {
      const chunks = await store.waiting(model, 100);
      await store.putVectors(
        model,
        chunks.map(({ chunk }) => ({ chunk, vector: VECTOR })),
      );
      return chunks.map(({ embedded }) => embedded);
    };
    return { store, embedAll };
  };

  test('chunks wait in the order they came, until their vectors are there', async () => {
    const { store, embedAll } = await withTexts('one', 'two', 'three');
    expect(await store.waitingCount('m1')).toBe(3);
    expect((await store.waiting('m1', 2)).map(({ embedded }) => embedded)).toEqual(['T\none', 'T\ntwo']);
    expect(await embedAll('m1')).toEqual(['T\none', 'T\ntwo', 'T\nthree']);
    expect(await store.waitingCount('m1')).toBe(0);
    expect(await store.waiting('m1', 2)).toEqual([]);
    await store.putVectors('m1', []);
  });

  test('a text that stays is not embedded again, and neither is a copy, which waits all the same', async () => {
    const { store, embedAll } = await withTexts('one', 'two');
    await embedAll('m1');
    await sync(store, [
      document({ key: 'k0', title: 'T', text: aText('T', 'new', 'one') }),
      document({ key: 'copy', title: 'T', text: aText('T', 'one') }),
    ]);
    // The copy is not ready at once: that would tell its reader that somebody else has the same text.
    expect(await store.waitingCount('m1')).toBe(2);
    expect(await embedAll('m1')).toEqual(['T\nnew']);
    expect(await store.waitingCount('m1')).toBe(0);
  });

  test('texts that wait twice are embedded once', async () => {
    const { store } = await withTexts('same', 'same', 'same');
    const [first] = await store.waiting('m1', 1);
    await store.putVectors('m1', [{ chunk: first?.chunk ?? 0, vector: VECTOR }]);
    expect(await store.waiting('m1', 1)).toEqual([]);
    expect(await store.waitingCount('m1')).toBe(0);
  });

  test('another model embeds everything again, a few at a time, and none is lost on the way', async () => {
    const { store, embedAll } = await withTexts('one', 'two', 'three');
    await embedAll('m1');
    expect(await store.waitingCount('m2')).toBe(3);
    expect(await store.waiting('m2', 1)).toHaveLength(1);
    expect(await store.waitingCount('m2')).toBe(3);
    expect(await embedAll('m2')).toHaveLength(3);
    expect(await store.waitingCount('m2')).toBe(0);
    expect(await store.waiting('m2', 1)).toEqual([]); // what has come takes the place of what was
    expect(await store.waitingCount('m1')).toBe(3);
  });

  test('a vector of a chunk that was deleted meanwhile is dropped', async () => {
    const { store } = await withTexts('one');
    const [waiting] = await store.waiting('m1', 1);
    await sync(store, [document({ key: 'k0', title: 'T', text: aText('T', 'changed') })]);
    await store.putVectors('m1', [{ chunk: waiting?.chunk ?? 0, vector: VECTOR }]);
    expect((await store.waiting('m1', 5)).map(({ embedded }) => embedded)).toEqual(['T\nchanged']);
    await sync(store, [{ type: 'delete', key: 'k0' }]);
    expect(await store.waitingCount('m1')).toBe(0);
  });
};
