import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { type Keys, openKeys } from '../../src/store/keys.ts';
import { aFolder } from '../support/a-folder.ts';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const fromEnv = (CASTELLAN_KEY: string): Promise<Keys> =>
  openKeys({ folder: { key: '/nowhere/key' }, env: { CASTELLAN_KEY }, random: randomBytes });

test('the first use makes a key file for its owner only, and later uses find the same keys', async () => {
  const folder = await aFolder();
  const options = { folder: { key: join(folder, 'key') }, env: {}, random: randomBytes };

  const first = await openKeys(options);

  expect(await readdir(folder)).toEqual(['key']);
  expect((await stat(options.folder.key)).mode & 0o777).toBe(0o600);
  expect(await openKeys(options)).toEqual(first);
});

test('of two processes that begin at once, both use the key of one', async () => {
  const folder = await aFolder();
  const options = { folder: { key: join(folder, 'key') }, env: {}, random: randomBytes };

  const keys = await Promise.all(Array.from({ length: 8 }, () => openKeys(options)));

  expect(new Set(keys.map(({ cursors }) => Buffer.from(cursors[0]).toString('hex'))).size).toBe(1);
  expect(await readdir(folder)).toEqual(['key']);
});

test('base64 and hex name the same key, and every use gets its own', async () => {
  const keys = await fromEnv(OLD.toString('hex'));

  expect(await fromEnv(OLD.toString('base64'))).toEqual(keys);
  const all = [keys.cursors[0], keys.ledger.arguments, keys.ledger.anchor[0], keys.tokens[0], keys.log, OLD].map((key) =>
    Buffer.from(key).toString('hex'),
  );
  expect(new Set(all).size).toBe(6);
});

test('during a rotation the new key makes and both are accepted, from the environment and from the file', async () => {
  const old = await fromEnv(OLD.toString('base64'));
  const next = await fromEnv(NEW.toString('base64'));

  const both = await fromEnv(`${NEW.toString('base64')},${OLD.toString('base64')}`);

  expect(both.cursors).toEqual([next.cursors[0], old.cursors[0]]);
  expect(both.tokens).toEqual([next.tokens[0], old.tokens[0]]);
  expect(both.writes.sealing).toEqual([next.writes.sealing[0], old.writes.sealing[0]]);
  expect(both.ledger).toEqual({
    arguments: next.ledger.arguments,
    reader: next.writes.naming[0],
    anchor: [next.ledger.anchor[0], old.ledger.anchor[0]],
  });
  const key = join(await aFolder(), 'key');
  await writeFile(key, `${NEW.toString('base64')}\n${OLD.toString('hex')}\n`, { mode: 0o600 });
  expect(await openKeys({ folder: { key }, env: {}, random: randomBytes })).toEqual(both);
});

test('the environment goes before the file, and makes none', async () => {
  const folder = await aFolder();

  await openKeys({ folder: { key: join(folder, 'key') }, env: { CASTELLAN_KEY: OLD.toString('hex') }, random: randomBytes });

  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['nothing', ''],
  ['too short a key', Buffer.alloc(31).toString('base64')],
  ['too long a key', Buffer.alloc(33).toString('hex')],
  ['a password', 'correct horse battery staple'],
  ['three keys', [OLD, NEW, OLD].map((key) => key.toString('hex')).join(',')],
  ['a bad second key', `${OLD.toString('hex')},x`],
  ['a missing second key', `${OLD.toString('hex')},`],
])('%s for a key is refused without being repeated', async (_name, text) => {
  await expect(fromEnv(text)).rejects.toMatchObject({
    code: 'config',
    message:
      'CASTELLAN_KEY must hold one key, or during a rotation two: the new, then the old. ' +
      'Each is 32 bytes in base64 or hex. Make one with: openssl rand -base64 32',
  });
});

test('a key file that is damaged, too large or no file is refused, and left as it is', async () => {
  const folder = await aFolder();
  const open = (name: string): Promise<Keys> => openKeys({ folder: { key: join(folder, name) }, env: {}, random: randomBytes });
  await writeFile(join(folder, 'empty'), '');
  await writeFile(join(folder, 'large'), 'x'.repeat(2000));
  await mkdir(join(folder, 'folder'));

  await expect(open('empty')).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('must hold one key') });
  await expect(open('large')).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('larger than 1024 bytes'),
  });
  await expect(open('folder')).rejects.toMatchObject({ code: 'config' });
  expect(await readFile(join(folder, 'empty'), 'utf8')).toBe('');
});

test('a key file that cannot be made is refused with what to do', async () => {
  await expect(openKeys({ folder: { key: '/nowhere/key' }, env: {}, random: randomBytes })).rejects.toMatchObject({
    code: 'config',
    message: '/nowhere/key cannot be written. Make its folder writable to this user, or set CASTELLAN_KEY.',
  });
});
