import { expect, test } from 'vitest';

import { aFolder } from '../support/a-folder.ts';
import { inProcess } from '../support/a-program.ts';

test.each([
  ['--whole', '--permissions'],
  ['--whole', '--watch'],
  ['--permissions', '--watch'],
])('%s is not taken together with %s', async (one, other) => {
  const { code, stderr } = await inProcess(['sync', one, other], { temporary: await aFolder() });
  expect(code).toBe(2);
  expect(stderr).toContain(one);
});
