import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import type { Credentials } from '../../../../src/store/credentials.ts';
import { openCredentials } from '../../../../src/store/sqlite/ledger/credentials.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../../../support/an-event.ts';

const AT = 1_767_323_045_000;
const ROW = { source: 'wiki', version: 1, facts: '{}', sealed: Buffer.from('sealed') };
const ours = { source: 'wiki', holder: 'ours', at: AT };
const theirs = { source: 'wiki', holder: 'theirs', at: AT };

const opened = async (): Promise<{ readonly path: string; readonly credentials: Credentials }> => {
  const path = join(await aFolder(), 'ledger.db');
  const credentials = openCredentials({ path });
  onTestFinished(() => credentials.close());
  return { path, credentials };
};

test('a row is kept beside the audit, in a file of its owner', async () => {
  const { path, credentials } = await opened();
  const ledger = openLedger({ path, keys: ledgerKeys(), random: (size) => new Uint8Array(size) });
  onTestFinished(() => ledger.close());
  await ledger.append([anEvent()]);
  expect(await credentials.put(ROW)).toBe(true);
  expect(await credentials.find('wiki')).toEqual(ROW);
  expect([await credentials.version('wiki'), await credentials.version('other')]).toEqual([1, 0]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1 });
});

test('of two that come from one version, one is kept', async () => {
  const { credentials } = await opened();
  expect(await credentials.put(ROW)).toBe(true);
  expect(await credentials.put({ ...ROW, facts: '{"late":1}' })).toBe(false);
  expect(await credentials.put({ ...ROW, version: 2 })).toBe(true);
  expect(await credentials.put({ ...ROW, version: 2 })).toBe(false);
  expect(await credentials.put({ ...ROW, version: 4 })).toBe(false);
});

test('what is forgotten leaves nothing in the file but a higher version', async () => {
  const { path, credentials } = await opened();
  await credentials.put({ ...ROW, facts: '{"scopes":["canary-5150"]}' });
  expect([await credentials.forget('wiki'), await credentials.forget('wiki')]).toEqual([true, false]);
  expect([await credentials.find('wiki'), await credentials.version('wiki')]).toEqual([undefined, 2]);
  const files = [await readFile(path), await readFile(`${path}-wal`)];
  expect(files.map((bytes) => bytes.includes('5150'))).toEqual([false, false]);
  expect(await credentials.put({ ...ROW, version: 3 })).toBe(true);
});

test('one at a time holds the right to renew, and gives it back', async () => {
  const { path, credentials } = await opened();
  const other = openCredentials({ path });
  onTestFinished(() => other.close());
  expect(await credentials.claim(ours)).toEqual({ state: 'mine', row: undefined, version: 0 });
  expect(await other.claim(theirs)).toEqual({ state: 'held', pid: process.pid });
  await other.release(theirs);
  expect(await other.claim(theirs)).toMatchObject({ state: 'held' });
  await credentials.release(ours);
  expect(await other.claim(theirs)).toMatchObject({ state: 'mine' });
});

test.each([
  ['for longer than any renewal takes', 121_000],
  ['since a time that is yet to come', -121_000],
])('who holds it %s has lost it', async (_, passed) => {
  const { credentials } = await opened();
  await credentials.claim(ours);
  expect(await credentials.claim({ ...theirs, at: AT + passed })).toMatchObject({ state: 'mine' });
});

test('who holds it and is dead has lost it at once', async () => {
  const { path, credentials } = await opened();
  const child = spawn(process.execPath, ['--eval', '']);
  await once(child, 'exit');
  await credentials.claim(ours);
  const db = new SQLite(path);
  db.prepare('UPDATE renewal SET pid = ?').run(child.pid);
  db.close();
  expect(await credentials.claim(theirs)).toMatchObject({ state: 'mine' });
});

test('another process’s commit is waited for while everything else goes on', async () => {
  const { path, credentials } = await opened();
  const db = new SQLite(path);
  onTestFinished(() => void db.close());
  db.exec('BEGIN IMMEDIATE');
  let passed = false;
  const put = credentials.put(ROW);
  await new Promise((resolve) => setTimeout(resolve, 50));
  passed = true;
  db.exec('COMMIT');
  expect([await put, passed]).toEqual([true, true]);
});
