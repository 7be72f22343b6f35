import { expect, test } from 'vitest';

import { playHalfway } from './halfway.ts';

/** Few enough for every run of the tests. */
const SOURCES = 60;
const RUNS = 8;

test('a run that dies halfway shows nobody what neither was seen before it nor is by all that it had to say', async () => {
  for (let seed = 1; seed <= SOURCES; seed++) expect(await playHalfway(seed, RUNS)).toBeUndefined();
}, 120_000);
