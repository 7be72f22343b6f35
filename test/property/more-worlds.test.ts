import { expect, test } from 'vitest';

import { AGREED, playHalf } from './a-thousand-worlds.ts';

test('as many more random worlds agree with the meaning of their acls', async () => {
  expect(await playHalf(1)).toEqual(AGREED);
}, 600_000);
