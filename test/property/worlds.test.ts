import { test } from 'vitest';

import { expectWorldsToAgree } from './a-thousand-worlds.ts';

test('search and fetch return exactly what the meaning of the acls allows, after every change of a random world', async () => {
  await expectWorldsToAgree(0);
}, 600_000);
