import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';

import SQLite from 'better-sqlite3';

import { AppError } from '../../core/errors.ts';
import { type DatabaseFile, guarded } from './failure.ts';

export type Database = SQLite.Database;

export interface DatabaseOptions extends DatabaseFile {
  /** The folder of the numbered `.sql` files: a URL that ends in a slash. */
  readonly migrations: URL;
  /** Opens an existing file, looks, and changes nothing. */
  readonly readonly?: boolean;
  /** The command that brings an older file up to date. */
  readonly updatedBy?: string;
}

/** How long a writer waits for another process's commit, in ms. */
export const BUSY_MS = 5000;
/** How often a file that another process is making is tried, in ms. */
const RETRY_MS = 10;
/** Only its owner may read it: whoever reads the file has read every document in it. */
const OWNER_ONLY = 0o600;
const MIGRATION = /^(\d{3})-[a-z0-9-]+\.sql$/u;

/** Opens a database as all of ours are: write-ahead log, synced at every commit, deleted bytes overwritten, schema up to date. */
export const openDatabase = ({
  migrations,
  readonly = false,
  updatedBy = 'castellan sync',
  ...file
}: DatabaseOptions): Database => {
  if (!readonly) create(file.path);
  return guarded(file, () => {
    const db = new SQLite(file.path, { readonly, fileMustExist: true, timeout: BUSY_MS });
    try {
      db.pragma('foreign_keys = ON');
      if (!readonly) {
        writeAhead(db);
        db.pragma('synchronous = FULL');
        db.pragma('secure_delete = ON');
      }
      migrate(db, migrations, updatedBy);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
};

/** Whether another process is at the file. */
export const isBusy = (error: unknown): boolean => error instanceof SQLite.SqliteError && error.code.startsWith('SQLITE_BUSY');

/**
 * Turns the write-ahead log on. A file that is new must be had alone for that, and SQLite does not wait for it by itself:
 * of two processes that begin at once, one tries again.
 */
const writeAhead = (db: Database): void => {
  for (let left = BUSY_MS / RETRY_MS; ; left--) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (left <= 0 || !(error instanceof SQLite.SqliteError && error.code === 'SQLITE_BUSY')) throw error;
      Atomics.wait(NOBODY_WAKES, 0, 0, RETRY_MS);
    }
  }
};

const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Applies the numbered migrations that this file has not seen, all in one commit; on a read-only connection only checks that there are none. */
const migrate = (db: Database, folder: URL, updatedBy: string): void => {
  const migrations = migrationsIn(folder);
  const latest = migrations.at(-1)?.number ?? 0;
  const applied = (): number => Number(db.pragma('user_version', { simple: true }));
  if (applied() > latest) {
    throw new AppError('unavailable', `${db.name} was made by a newer Castellan. Update Castellan, then run the command again.`);
  }
  if (applied() === latest) return;
  if (db.readonly) {
    throw new AppError('unavailable', `${db.name} was made by an older Castellan. Run: ${updatedBy}`);
  }
  db.transaction(() => {
    const done = applied();
    if (done >= latest) return; // another process was faster
    for (const { number, sql } of migrations) if (number > done) db.exec(sql);
    db.pragma(`user_version = ${latest}`);
  }).immediate();
};

const migrationsIn = (folder: URL): { readonly number: number; readonly sql: string }[] =>
  readdirSync(folder)
    .filter((name) => MIGRATION.test(name))
    .toSorted()
    .map((name) => ({ number: Number(name.slice(0, 3)), sql: readFileSync(new URL(name, folder), 'utf8') }));

/** Makes the file before the engine does, so that it is never wider than it should be; its log takes the mode over. */
const create = (path: string): void => {
  try {
    closeSync(openSync(path, 'a', OWNER_ONLY));
  } catch (cause) {
    throw new AppError('unavailable', `Cannot write ${path}. Make its folder and file writable, then run the command again.`, {
      cause,
    });
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new AppError('config', `${path} can be read by others than its owner. Run: chmod 600 ${path}`);
  }
};
