import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { Embedder } from '../../src/core/embedder.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Meaning, type MeaningOptions, openMeaning } from '../../src/reader/meaning.ts';
import { anEmbedder } from '../support/an-embedder.ts';

const never = new AbortController().signal;
const ada = { caller: 'ada', signal: never };
const bob = { caller: 'bob', signal: never };

const aMeaning = (options: Partial<MeaningOptions>): Meaning => {
  const meaning = openMeaning({ open: async () => anEmbedder(), now: () => 0, ...options });
  onTestFinished(() => meaning.close());
  return meaning;
};

const dead = async (): Promise<never> => {
  throw new AppError('unavailable', 'it has stopped');
};

/** A model that embeds nothing until it is let. */
const aSlowModel = () => {
  const gate = Promise.withResolvers<void>();
  const model = anEmbedder();
  const embed = async (text: string): Promise<Float32Array> => {
    const vector = await model.embed(text);
    await gate.promise;
    return vector;
  };
  onTestFinished(() => gate.resolve());
  return { model: { ...model, embed } satisfies Embedder, asked: model.asked, letGo: () => gate.resolve() };
};

describe('a query', () => {
  test('gets the direction of its text, and the name of the model that said so', async () => {
    const meaning = aMeaning({});
    expect(await meaning.of('spring', ada)).toEqual({
      vector: await anEmbedder().embed('spring'),
      fingerprint: anEmbedder().fingerprint,
    });
    expect(await meaning.fingerprint()).toBe(anEmbedder().fingerprint);
  });

  test('of one who asks much does not keep others from their turn', async () => {
    const { model, asked, letGo } = aSlowModel();
    const meaning = aMeaning({ open: async () => model });
    const all = [...['1', '2', '3', '4'].map((text) => meaning.of(text, ada)), meaning.of('bob', bob)];
    letGo();
    await Promise.all(all);
    expect(asked).toEqual(['1', '2', 'bob', '3', '4']);
  });

  test('whose asker has gone is not embedded', async () => {
    const { model, asked, letGo } = aSlowModel();
    const meaning = aMeaning({ open: async () => model });
    const gone = new AbortController();
    const first = meaning.of('1', ada);
    const second = meaning.of('2', { caller: 'ada', signal: gone.signal });
    gone.abort();
    await expect(second).rejects.toMatchObject({ code: 'unavailable' });
    letGo();
    await first;
    expect(asked).toEqual(['1']);
  });

  test('that waits too long for its turn is unavailable, and not half an answer', async () => {
    const { model } = aSlowModel();
    const meaning = aMeaning({ open: async () => model, deadlineMs: 50, stuckMs: 60_000 });
    const late = { code: 'unavailable', message: expect.stringContaining('0.05 s') };
    await Promise.all([
      expect(meaning.of('1', ada)).rejects.toMatchObject(late),
      expect(meaning.of('2', bob)).rejects.toMatchObject(late),
    ]);
  });
});

describe('without a model', () => {
  test('that can be loaded there is no direction, and nobody tries again', async () => {
    let opened = 0;
    const open = async (): Promise<Embedder> => {
      opened += 1;
      throw new AppError('unavailable', 'no weights');
    };
    const meaning = aMeaning({ open, now: () => 3_600_000 * opened });
    expect(await meaning.of('spring', ada)).toBeUndefined();
    expect(await meaning.fingerprint()).toBeUndefined();
    expect(await meaning.of('spring', ada)).toBeUndefined();
    expect(opened).toBe(1);
  });

  test('that answers, all who wait are answered by words until it is back', async () => {
    const { model, letGo } = aSlowModel();
    const meaning = aMeaning({ open: async () => model, stuckMs: 50 });
    expect(await Promise.all([meaning.of('1', ada), meaning.of('2', bob)])).toEqual([undefined, undefined]);
    expect(await meaning.of('3', bob)).toBeUndefined();
    expect(await meaning.fingerprint()).toBeUndefined();
    letGo();
    await turn();
    await turn();
    expect(await meaning.of('4', ada)).toMatchObject({ fingerprint: model.fingerprint });
  });

  test('that lives: one that died is loaded again, but not at every question', async () => {
    let now = 0;
    let opened = 0;
    const open = async (): Promise<Embedder> => {
      opened += 1;
      return opened < 3 ? { ...anEmbedder(), embed: dead } : anEmbedder();
    };
    const meaning = aMeaning({ open, now: () => now });
    expect(await meaning.of('1', ada)).toBeUndefined();
    expect(opened).toBe(1);
    now = 60_000;
    expect(await meaning.of('2', ada)).toBeUndefined();
    expect(await meaning.of('3', ada)).toBeUndefined();
    expect(opened).toBe(2);
    now = 120_000;
    expect(await meaning.of('4', ada)).toBeUndefined();
    expect(await meaning.of('5', ada)).toMatchObject({ fingerprint: anEmbedder().fingerprint });
  });

  test('for one text it is that text alone that has no direction', async () => {
    const model = anEmbedder();
    const embed = (text: string): Promise<Float32Array> => (text === 'bad' ? Promise.reject(new Error('no')) : model.embed(text));
    const meaning = aMeaning({ open: async () => ({ ...model, embed }) });
    expect(await meaning.of('bad', ada)).toBeUndefined();
    expect(await meaning.of('good', ada)).toBeDefined();
  });
});

test('closing answers who waits by words, and closes the model', async () => {
  let closed = false;
  const { model, letGo } = aSlowModel();
  const close = async (): Promise<void> => void (closed = true);
  const meaning = openMeaning({ open: async () => ({ ...model, close }), now: () => 0 });
  const asked = [meaning.of('1', ada), meaning.of('2', ada)];
  letGo();
  await meaning.close();
  await Promise.all(asked);
  expect(closed).toBe(true);
});

test.each([
  ['is stuck', async () => ({ ...anEmbedder(), close: () => new Promise<void>(() => {}) })],
  ['never comes', () => new Promise<Embedder>(() => {})],
])('closing does not wait for ever for a model that %s', async (_, open) => {
  const meaning = openMeaning({ open, now: () => 0, closeMs: 20 });
  await expect(meaning.close()).resolves.toBeUndefined();
});
