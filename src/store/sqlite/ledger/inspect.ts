import type { LedgerKeys, Verified } from '../../ledger.ts';
import { openDatabase } from '../database.ts';
import { guarded } from '../failure.ts';
import { verifyChain } from './verify.ts';

/** A longer chain takes too long to read by the way. */
const ROWS_MAX = 100_000;

export interface InspectOptions {
  readonly path: string;
  readonly keys: LedgerKeys;
  /** The lines of an anchor file. */
  readonly anchors: readonly string[];
  readonly rowsMax?: number;
}

/** Reads an existing chain on a connection that cannot write. A very long one is only counted. */
export const inspectLedger = async ({
  path,
  keys,
  anchors,
  rowsMax = ROWS_MAX,
}: InspectOptions): Promise<Verified | { readonly state: 'unread'; readonly rows: number }> => {
  const file = {
    path,
    name: 'audit ledger',
    remedy: 'Move it and its anchor file aside, and keep both for whoever looks into it.',
  };
  const db = openDatabase({
    ...file,
    migrations: new URL('./', import.meta.url),
    readonly: true,
    updatedBy: 'castellan audit verify',
  });
  try {
    const rows = guarded(file, () => db.prepare<[], number>('SELECT count(*) FROM audit').pluck().get()) ?? 0;
    if (rows > rowsMax) return { state: 'unread', rows };
    const chain = guarded(file, () => db.prepare<[], Buffer>('SELECT id FROM chain').pluck().get()) ?? Buffer.alloc(0);
    return await verifyChain(db, { file, chain, keys, anchors });
  } finally {
    db.close();
  }
};
