import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openDataFolder } from '../../src/store/data-folder.ts';
import { aFolder } from '../support/a-folder.ts';

const uid = process.getuid?.();

test('a data folder is made with its parents, for its owner only', async () => {
  const path = join(await aFolder(), 'deep', 'data');

  expect(await openDataFolder(path, { uid })).toEqual({
    path,
    conversations: join(path, 'conversations'),
    models: join(path, 'models'),
    withdrawn: join(path, 'withdrawn'),
    index: join(path, 'index.db'),
    ledger: join(path, 'ledger.db'),
    key: join(path, 'key'),
    anchor: join(path, 'anchor.jsonl'),
  });
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test.runIf(process.platform === 'linux')('a file system that can hold no folder is refused, and not tried for ever', async () => {
  const path = '/proc/self/castellan/data';
  await expect(openDataFolder(path, { uid })).rejects.toMatchObject({
    code: 'config',
    message: `The data folder ${path} cannot be made. Name a folder you may write with: --data <folder>`,
  });
});

test('a folder that two begin to make at once is opened by both', async () => {
  const path = join(await aFolder(), 'deep', 'data');
  const opened = await Promise.all([openDataFolder(path, { uid }), openDataFolder(path, { uid })]);
  expect(opened).toMatchObject([{ path }, { path }]);
});

test('a folder and files that only the owner may use are opened again', async () => {
  const path = join(await aFolder(), 'data');
  await openDataFolder(path, { uid });
  await writeFile(join(path, 'index.db'), '', { mode: 0o600 });
  await mkdir(join(path, 'kept'), { mode: 0o700 });

  await expect(openDataFolder(path, { uid })).resolves.toMatchObject({ path });
});

test.each([0o701, 0o710, 0o755, 0o704])('a folder of mode %o is refused with the command that closes it', async (mode) => {
  const path = join(await aFolder(), 'data');
  await mkdir(path);
  await chmod(path, mode);

  await expect(openDataFolder(path, { uid })).rejects.toMatchObject({
    code: 'config',
    message: `${path} is open to other users (mode 0${mode.toString(8)}). Close it: chmod -R go= '${path}'`,
  });
});

test('a file inside that others may read is refused, though the folder is closed', async () => {
  const path = join(await aFolder(), 'data');
  await openDataFolder(path, { uid });
  await writeFile(join(path, 'index.db'), '');
  await chmod(join(path, 'index.db'), 0o640);

  await expect(openDataFolder(path, { uid })).rejects.toMatchObject({
    code: 'config',
    message: `${join(path, 'index.db')} is open to other users (mode 0640). Close it: chmod -R go= '${path}'`,
  });
});

test('a folder of another user is refused', async () => {
  const path = join(await aFolder(), 'data');
  await openDataFolder(path, { uid });

  await expect(openDataFolder(path, { uid: (uid ?? 0) + 1 })).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('belongs to another user'),
  });
});

test('a link inside is refused, because the folder does not keep what it leads to', async () => {
  const folder = await aFolder();
  const path = join(folder, 'data');
  await openDataFolder(path, { uid });
  await writeFile(join(folder, 'elsewhere'), '', { mode: 0o600 });
  await symlink(join(folder, 'elsewhere'), join(path, 'index.db'));

  await expect(openDataFolder(path, { uid })).rejects.toMatchObject({ message: expect.stringContaining('is a link') });
});

test('a file where the folder should be is refused', async () => {
  const path = join(await aFolder(), 'data');
  await writeFile(path, '');

  await expect(openDataFolder(path, { uid })).rejects.toMatchObject({
    code: 'config',
    message: `The data folder ${path} cannot be made. Name a folder you may write with: --data <folder>`,
  });
});
