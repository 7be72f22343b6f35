import type { AuditEvent } from '../../../core/audit.ts';
import { AppError } from '../../../core/errors.ts';
import type { Database } from '../database.ts';
import { genesisOf, rowHash } from './chain.ts';
import { type RowOptions, rowOf } from './row.ts';

interface StoredHead {
  readonly seq: number;
  readonly hash: Buffer;
}

/** The writing end of a chain. */
export interface Appender {
  /** The last row; number 0 is what stands before the first. */
  head(): StoredHead;
  /** Writes all events behind the last row, whoever wrote that, in one commit. */
  append(events: readonly AuditEvent[]): void;
}

/** Prepares the writing end of the chain with this id. */
export const createAppender = (db: Database, chain: Uint8Array, options: RowOptions): Appender => {
  const last = db.prepare<[], StoredHead>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
  const hashOf = db.prepare<[number], Buffer>('SELECT hash FROM audit WHERE seq = ?').pluck();
  const addRow = db.prepare<[number, string, Buffer]>('INSERT INTO audit (seq, body, hash) VALUES (?, ?, ?)');
  const addPersonal = db.prepare<[number, string, Uint8Array, string]>(
    'INSERT INTO personal (seq, field, salt, value) VALUES (?, ?, ?, ?)',
  );
  const genesis: StoredHead = { seq: 0, hash: genesisOf(chain) };
  let written = genesis;

  /** What this process wrote must still be there: it neither continues nor signs a chain that was changed underneath it. */
  const head = (): StoredHead => {
    const still = written.seq === 0 ? written.hash : hashOf.get(written.seq);
    if (!still?.equals(written.hash)) {
      throw new AppError(
        'unavailable',
        `The audit ledger was changed: its row ${written.seq} is not the one that was written. Run: castellan audit verify`,
      );
    }
    return last.get() ?? genesis;
  };

  const append = db.transaction((events: readonly AuditEvent[]): StoredHead => {
    let { seq, hash } = head();
    for (const event of events) {
      seq++;
      const { body, personal } = rowOf(event, seq, options);
      hash = rowHash(hash, Buffer.from(body));
      addRow.run(seq, body, hash);
      for (const { field, salt, value } of personal) addPersonal.run(seq, field, salt, value);
    }
    return { seq, hash };
  });

  return {
    head,
    append: (events) => {
      written = append.immediate(events);
    },
  };
};
