import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { type Database, openDatabase } from '../../../src/store/sqlite/database.ts';
import { guarded } from '../../../src/store/sqlite/failure.ts';
import { ROOT } from '../../support/source-tree.ts';

const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-database-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const FIRST = { '001-first.sql': 'CREATE TABLE note (text TEXT NOT NULL) STRICT;' };
const SECOND = { '002-second.sql': "ALTER TABLE note ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody';" };

const place = () => {
  const folder = aFolder();
  const path = join(folder, 'notes.db');
  const open = (files: Readonly<Record<string, string>>, { readonly = false } = {}): Database => {
    const migrations = join(folder, 'migrations');
    rmSync(migrations, { recursive: true, force: true });
    mkdirSync(migrations);
    for (const [name, sql] of Object.entries(files)) writeFileSync(join(migrations, name), sql);
    const db = openDatabase({ path, migrations: pathToFileURL(`${migrations}/`), readonly });
    onTestFinished(() => {
      db.close();
    });
    return db;
  };
  return { path, open };
};

const columns = (db: Database): unknown => db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('note');

test('a new file has every migration, an older one gets what it lacks and keeps its rows', () => {
  const { open } = place();
  open(FIRST).exec("INSERT INTO note VALUES ('kept')");
  const db = open({ ...FIRST, ...SECOND, 'README.md': 'not a migration' });
  expect(db.prepare('SELECT * FROM note').all()).toEqual([{ text: 'kept', author: 'nobody' }]);
  expect(columns(open({ ...FIRST, ...SECOND }))).toEqual(['text', 'author']);
});

test('a migration that fails leaves the file as it was', () => {
  const { open } = place();
  open(FIRST);
  expect(() =>
    open({ ...FIRST, '002-second.sql': 'CREATE TABLE half (a TEXT) STRICT; CREATE TABLE note (a TEXT) STRICT;' }),
  ).toThrow(/already exists/u);
  const db = open(FIRST);
  expect(db.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['note']);
});

test('a reader of an older file is told how it is brought up to date, and of a newer one what to update', () => {
  const { open } = place();
  open(FIRST);
  expect(() => open({ ...FIRST, ...SECOND }, { readonly: true })).toThrow(
    expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('castellan sync') }),
  );
  open({ ...FIRST, ...SECOND });
  expect(() => open(FIRST)).toThrow(
    expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('Update Castellan') }),
  );
});

test('a reader writes nothing, and makes no file where there is none', () => {
  const { open, path } = place();
  expect(() => open(FIRST, { readonly: true })).toThrow(
    expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(path) }),
  );
  open(FIRST);
  const db = open(FIRST, { readonly: true });
  expect(() => guarded({ path }, () => db.exec("INSERT INTO note VALUES ('no')"))).toThrow(
    expect.objectContaining({ code: 'unavailable' }),
  );
});

test('every database is synced at each commit, checks its references and overwrites what is deleted', () => {
  const db = place().open(FIRST);
  const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'secure_delete', 'busy_timeout'];
  expect(settings.map((name) => db.pragma(name, { simple: true }))).toEqual(['wal', 2, 1, 1, 5000]);
});

test('a full disk is unavailable with what to do, and the rows before it stay', () => {
  const { open, path } = place();
  const db = open(FIRST);
  db.exec("INSERT INTO note VALUES ('kept')");
  db.pragma('max_page_count = 10');
  const fill = () => db.prepare('INSERT INTO note VALUES (?)').run('x'.repeat(100_000));
  expect(() => guarded({ path, name: 'index' }, fill)).toThrow(
    expect.objectContaining({
      code: 'unavailable',
      message: expect.stringMatching(/^The index .* cannot be written or read .* Check its disk/u),
    }),
  );
  expect(db.prepare('SELECT text FROM note').pluck().all()).toEqual(['kept']);
});

test('another writer is waited for, then named as the cause', () => {
  const { open, path } = place();
  const [first, second] = [open(FIRST), open(FIRST)];
  second.pragma('busy_timeout = 0');
  first.exec('BEGIN IMMEDIATE');
  expect(() => guarded({ path }, () => second.exec('BEGIN IMMEDIATE'))).toThrow(
    expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('held by another process') }),
  );
});

test('a mistake of ours is not blamed on the file', () => {
  const db = place().open(FIRST);
  expect(() => guarded({ path: 'x' }, () => db.exec('SELECT * FROM nowhere'))).toThrow(/no such table/u);
});

test('a new file that another process is making is waited for', async () => {
  const { path, open } = place();
  // It means to write to the file that it made, and lets go of it only after a while.
  const script = `
    const db = new (require('better-sqlite3'))(process.argv[1]);
    db.exec('CREATE TABLE theirs (one INTEGER); BEGIN IMMEDIATE');
    process.stdout.write('held');
    setTimeout(() => { db.exec('COMMIT'); db.close(); }, 300);`;
  const other = spawn(process.execPath, ['-e', script, path], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(other, 'exit');
  await once(other.stdout, 'data');
  chmodSync(path, 0o600);
  const db = open(FIRST);
  expect([db.pragma('journal_mode', { simple: true }), columns(db)]).toEqual(['wal', ['text']]);
  expect(await ended).toEqual([0, null]);
});
