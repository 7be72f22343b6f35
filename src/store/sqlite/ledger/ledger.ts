import { AppError } from '../../../core/errors.ts';
import type { AuditEvent } from '../../../core/audit.ts';
import type { AuditRow, Ledger, LedgerKeys, Verified } from '../../ledger.ts';
import { type Database, openDatabase } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { sameFile } from '../same-file.ts';
import { anchorLine } from './anchor.ts';
import { type ChainHead, createAppender } from './append.ts';
import { createList } from './list.ts';
import { type Recorded, recordedOf } from './row.ts';
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
export const openLedger = (options: LedgerOptions): Ledger => ledgerBy(openChain(options));

/** The audit chain of a database that is open. */
export const ledgerOn = (open: Omit<LedgerOptions, 'path'> & OpenDatabase): Ledger => ledgerBy(chainOn(open));

/** What a ledger does with its file, for whoever keeps in mind what was written. */
export interface Chain {
  /** Gives the row that is last now. */
  append(events: readonly Recorded[], written: ChainHead | undefined): ChainHead;
  anchor(now: number, written: ChainHead | undefined): string | undefined;
  list(limit: number, before?: number): readonly AuditRow[];
  verify(anchors?: readonly string[]): Promise<Verified>;
  close(): void;
}

/** Opens the file of the chain. */
export const openChain = ({ path, keys, random }: LedgerOptions): Chain => {
  const file = {
    path,
    name: 'audit ledger',
    remedy:
      'Stop Castellan, move it and its anchor file aside, and keep both for whoever looks into it: the next start begins a new one.',
  };
  const db = openDatabase({ ...file, migrations: new URL('./', import.meta.url) });
  try {
    return guarded(file, () => chainOn({ db, file, keys, random }));
  } catch (error) {
    db.close();
    throw error;
  }
};

interface OpenDatabase {
  readonly db: Database;
  readonly file: DatabaseFile;
}

const chainOn = ({ db, file, keys, random }: Omit<LedgerOptions, 'path'> & OpenDatabase): Chain => {
  db.pragma(`busy_timeout = ${BUSY_MS}`);
  db.pragma('fullfsync = ON'); // on macOS a plain sync stops at the drive's cache
  const chain = chainId(db, random);
  const appender = createAppender(db, chain, { key: keys.arguments, reader: keys.reader, random });
  const list = createList(db);
  const same = sameFile(file);
  return {
    append: (events, written) =>
      failingClosed(() => {
        same(); // a row in a file that was taken away would be kept by nobody
        return guarded(file, () => appender.append(events, written));
      }),
    list: (limit, before) => guarded(file, () => list(limit, before)),
    verify: (anchors = []) => verifyChain(db, { file, chain: chainId(db, random), keys, anchors }),
    anchor: (now, written) => {
      const { seq, hash } = guarded(file, () => appender.head(written));
      const signed = { chain: Buffer.from(chain).toString('hex'), seq, hash: Buffer.from(hash).toString('hex') };
      return seq === 0 ? undefined : anchorLine(signed, now, keys.anchor);
    },
    close: () => void db.close(),
  };
};

/** A ledger in this thread. */
const ledgerBy = (chain: Chain): Ledger => {
  let written: ChainHead | undefined;
  return {
    append: async (events) => {
      written = chain.append(prepared(events), written);
    },
    list: async (limit, before) => chain.list(limit, before),
    verify: async (anchors) => chain.verify(anchors),
    anchor: async (now) => chain.anchor(now, written),
    close: async () => chain.close(),
  };
};

/** Makes events ready to be written, or refuses all of them. */
export const prepared = (events: readonly AuditEvent[]): readonly Recorded[] => failingClosed(() => events.map(recordedOf));

/** The random id of this chain, made when it is opened first. */
const chainId = (db: Database, random: (size: number) => Uint8Array): Uint8Array => {
  const stored = db.prepare<[], Buffer>('SELECT id FROM chain').pluck();
  const id = stored.get();
  if (id) return id;
  db.prepare('INSERT INTO chain (one, id) VALUES (1, ?) ON CONFLICT DO NOTHING').run(random(CHAIN_ID_BYTES));
  return chainId(db, random); // another process may have been faster
};

/** Whatever keeps a row from being written keeps its answer from being given. */
const failingClosed = <T>(write: () => T): T => {
  try {
    return write();
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
