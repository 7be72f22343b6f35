import { AppError } from '../../../core/errors.ts';
import type { Ledger, LedgerKeys } from '../../ledger.ts';
import { type Database, openDatabase } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { anchorLine } from './anchor.ts';
import { createAppender } from './append.ts';
import { createList } from './list.ts';
import { verifyChain } from './verify.ts';

export interface LedgerOptions {
  readonly path: string;
  readonly keys: LedgerKeys;
  readonly random: (size: number) => Uint8Array;
}

/** An answer that waits longer for another process's commit is refused. */
const BUSY_MS = 2000;
const CHAIN_ID_BYTES = 16;

/** Opens the audit chain, and begins one where there is none. Other processes may append to it at the same time. */
export const openLedger = ({ path, keys, random }: LedgerOptions): Ledger => {
  const file = {
    path,
    name: 'audit ledger',
    remedy: 'Move it and its anchor file aside, keep both for whoever looks into it, and the next call begins a new one.',
  };
  const db = openDatabase({ ...file, migrations: new URL('./', import.meta.url) });
  try {
    return guarded(file, () => ledgerOn({ db, file, keys, random }));
  } catch (error) {
    db.close();
    throw error;
  }
};

/** The audit chain of a database that is open. */
export const ledgerOn = ({
  db,
  file,
  keys,
  random,
}: Omit<LedgerOptions, 'path'> & { db: Database; file: DatabaseFile }): Ledger => {
  db.pragma(`busy_timeout = ${BUSY_MS}`);
  db.pragma('fullfsync = ON'); // on macOS a plain sync stops at the drive's cache
  const chain = chainId(db, random);
  const appender = createAppender(db, chain, { key: keys.arguments, random });
  const list = createList(db);
  return {
    append: async (events) => failingClosed(() => guarded(file, () => appender.append(events))),
    list: async (limit, before) => guarded(file, () => list(limit, before)),
    verify: async (anchors = []) => verifyChain(db, { file, chain: chainId(db, random), keys, anchors }),
    anchor: async (now) => {
      const { seq, hash } = guarded(file, () => appender.head());
      const signed = { chain: Buffer.from(chain).toString('hex'), seq, hash: hash.toString('hex') };
      return seq === 0 ? undefined : anchorLine(signed, now, keys.anchor);
    },
    close: async () => {
      db.close();
    },
  };
};

/** The random id of this chain, made when it is opened first. */
const chainId = (db: Database, random: (size: number) => Uint8Array): Uint8Array => {
  const stored = db.prepare<[], Buffer>('SELECT id FROM chain').pluck();
  const id = stored.get();
  if (id) return id;
  db.prepare('INSERT INTO chain (one, id) VALUES (1, ?) ON CONFLICT DO NOTHING').run(random(CHAIN_ID_BYTES));
  return chainId(db, random); // another process may have been faster
};

/** Whatever keeps a row from being written keeps its answer from being given. */
const failingClosed = (write: () => void): void => {
  try {
    write();
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'unavailable') throw cause;
    throw new AppError(
      'unavailable',
      'The audit row could not be written, so nothing was answered. Run: castellan audit verify',
      {
        cause,
      },
    );
  }
};
