import { expect, test } from 'vitest';

import { anEmbedder } from '../support/an-embedder.ts';
import { compareMovingTwins } from './moving-twins.ts';

const PAIRS = 4;

test.each([
  ['words alone', undefined],
  ['words and meaning', anEmbedder()],
] as const)('what is hidden moves no byte of any answer while both indexes move: %s', async (_, embedder) => {
  let hidden = 0;
  for (let seed = 1; seed <= PAIRS; seed++) {
    const compared = await compareMovingTwins(seed, embedder);
    expect(compared.difference).toBeUndefined();
    hidden += compared.hidden;
  }
  expect(hidden, 'with nothing hidden nothing is proven').toBeGreaterThan(PAIRS);
});
