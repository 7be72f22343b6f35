import { test } from 'vitest';

import { expectWorldsToAgree } from './a-thousand-worlds.ts';

test('as many more random worlds agree with the meaning of their acls', async () => {
  await expectWorldsToAgree(1);
}, 600_000);
