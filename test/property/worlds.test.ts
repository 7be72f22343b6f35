import { expect, test } from 'vitest';

import { AGREED, playHalf } from './a-thousand-worlds.ts';

test('search and fetch return exactly what the meaning of the acls allows, after every change of a random world', async () => {
  expect(await playHalf(0)).toEqual(AGREED);
}, 600_000);
