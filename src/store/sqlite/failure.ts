import SQLite from 'better-sqlite3';

import { AppError } from '../../core/errors.ts';

/** A database file, and what its messages call it. */
export interface DatabaseFile {
  readonly path: string;
  /** "index", "ledger". */
  readonly name?: string;
  /** What to do when it is damaged, as a sentence. */
  readonly remedy?: string;
}

/** Runs `work`; what the file, its disk or another process did wrong becomes `unavailable` with what to do. */
export const guarded = <T>(file: DatabaseFile, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw explained(file, error);
  }
};

const explained = ({ path, name = 'database', remedy = 'Restore it from a backup.' }: DatabaseFile, cause: unknown): unknown => {
  if (!(cause instanceof SQLite.SqliteError)) return cause;
  const unavailable = (message: string): AppError => new AppError('unavailable', message, { cause });
  if (/^SQLITE_(CORRUPT|NOTADB)/u.test(cause.code)) {
    return unavailable(`The ${name} ${path} is damaged (${cause.message}). ${remedy}`);
  }
  if (/^SQLITE_(FULL|IOERR)/u.test(cause.code)) {
    return unavailable(
      `The ${name} ${path} cannot be written or read (${cause.message}). Check its disk and the space left on it, then run the command again.`,
    );
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM)/u.test(cause.code)) {
    return unavailable(
      `The ${name} ${path} cannot be opened (${cause.message}). Check that it exists and may be written, then run the command again.`,
    );
  }
  if (/^SQLITE_(BUSY|LOCKED)/u.test(cause.code)) {
    return unavailable(`The ${name} ${path} was held by another process for too long. Run the command again.`);
  }
  return cause;
};
