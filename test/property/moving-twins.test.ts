import { expect, test } from 'vitest';

import { anEmbedder } from '../support/an-embedder.ts';
import { compareMovingTwins } from './moving-twins.ts';
import { overStdio } from './over-stdio.ts';
import { onThePath } from './twin-answers.ts';

const PAIRS = 4;

test.each([
  ['words alone', undefined, overStdio],
  ['words and meaning', anEmbedder(), onThePath],
] as const)('what is hidden moves no byte of any answer while both indexes move: %s', async (_, embedder, skin) => {
  let hidden = 0;
  for (let seed = 1; seed <= PAIRS; seed++) {
    const compared = await compareMovingTwins(seed, { ...(embedder && { embedder }), skin });
    expect(compared.difference).toBeUndefined();
    hidden += compared.hidden;
  }
  expect(hidden, 'with nothing hidden nothing is proven').toBeGreaterThan(PAIRS);
});
