import { expect, test } from 'vitest';

import { anEmbedder } from '../support/an-embedder.ts';
import { onTheCommandLine } from './on-the-command-line.ts';
import { overHttp } from './over-http.ts';
import { overStdio } from './over-stdio.ts';
import { onThePath } from './twin-answers.ts';
import { compareTwins } from './twins.ts';

test.each([
  ['words alone', undefined, onThePath, 6],
  ['words and meaning', anEmbedder(), onThePath, 4],
  ['words and meaning, over HTTP', anEmbedder(), overHttp, 2],
  ['words and meaning, over stdio', anEmbedder(), overStdio, 2],
  ['words alone, on the command line', undefined, onTheCommandLine, 2],
] as const)('what is hidden moves no byte of any answer: %s', async (_, embedder, skin, pairs) => {
  let hidden = 0;
  for (let seed = 1; seed <= pairs; seed++) {
    const compared = await compareTwins(seed, { ...(embedder && { embedder }), skin });
    expect(compared.difference).toBeUndefined();
    hidden += compared.hidden;
  }
  expect(hidden, 'with nothing hidden nothing is proven').toBeGreaterThan(pairs);
});
