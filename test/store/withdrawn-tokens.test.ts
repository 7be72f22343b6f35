import { chmod, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openWithdrawnTokens } from '../../src/store/withdrawn-tokens.ts';
import { aFolder } from '../support/a-folder.ts';

const aPlaceForThem = async () => {
  const folder = join(await aFolder(), 'withdrawn');
  return { folder, tokens: openWithdrawnTokens({ folder, now: () => Date.now() }) };
};

test('a token is good until it is withdrawn, then good for nothing, and no other is touched', async () => {
  const { folder, tokens } = await aPlaceForThem();
  expect(await tokens.isWithdrawn('one')).toBe(false);
  await tokens.withdraw('one');
  await tokens.withdraw('one');
  expect([await tokens.isWithdrawn('one'), await tokens.isWithdrawn('two')]).toEqual([true, false]);
  const another = openWithdrawnTokens({ folder, now: () => Date.now() }); // as another process has it
  expect(await another.isWithdrawn('one')).toBe(true);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'one'))).mode & 0o777).toBe(0o600);
});

test('what is too old to be a token of anybody is cleared away', async () => {
  const { folder, tokens } = await aPlaceForThem();
  await tokens.withdraw('old');
  const before = (Date.now() - 3 * 24 * 3_600_000) / 1000;
  await utimes(join(folder, 'old'), before, before);
  await tokens.withdraw('new');
  expect(await readdir(folder)).toEqual(['new']);
});

test.each(['../key', 'a/b', '', '.'])('an id like %j leads nowhere', async (id) => {
  const { tokens } = await aPlaceForThem();
  await expect(tokens.withdraw(id)).rejects.toThrow(/id of a token|could not be withdrawn/u);
  await expect(tokens.isWithdrawn(id)).rejects.toThrow(/id of a token|cannot be read/u);
});

test('where nobody can say whether a token was withdrawn, that is no yes and no no', async () => {
  const folder = join(await aFolder(), 'withdrawn');
  await writeFile(folder, 'a file where the folder should be');
  await chmod(folder, 0o600);
  const tokens = openWithdrawnTokens({ folder, now: () => Date.now() });
  await expect(tokens.isWithdrawn('one')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(tokens.withdraw('one')).rejects.toMatchObject({ code: 'unavailable' });
});
