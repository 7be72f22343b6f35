import { AppError } from '../../../core/errors.ts';
import { readerName } from '../../reader-name.ts';
import type { Database } from '../database.ts';
import { genesisOf, rowHash } from './chain.ts';
import { type Recorded, type RowOptions, rowOf } from './row.ts';

/** What was shown longer ago counts no more when something is written. */
const READING_MS = 24 * 60 * 60_000;
/** How often what counts no more is taken out, in ms: who asks leaves it out all the same. */
const PURGE_MS = 60 * 60_000;

/** A row, as its number and hash. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** The writing end of a chain. `written` is the last row that its owner knows to be there, by this connection or another. */
export interface Appender {
  /** The last row; number 0 is what stands before the first. */
  head(written: ChainHead | undefined): ChainHead;
  /** Writes all events behind the last row, whoever wrote that, in one commit; without events the commit writes all the same. Gives the row that is last now. */
  append(events: readonly Recorded[], written: ChainHead | undefined): ChainHead;
}

export interface AppenderOptions extends RowOptions {
  /** Key of the names that readers are remembered by. */
  readonly reader: Uint8Array;
}

/** Prepares the writing end of the chain with this id. */
export const createAppender = (db: Database, chain: Uint8Array, options: AppenderOptions): Appender => {
  const last = db.prepare<[], ChainHead>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
  const hashOf = db.prepare<[number], Buffer>('SELECT hash FROM audit WHERE seq = ?').pluck();
  const addRow = db.prepare<[number, string, Uint8Array]>('INSERT INTO audit (seq, body, hash) VALUES (?, ?, ?)');
  const addPersonal = db.prepare<[number, string, Uint8Array, string]>(
    'INSERT INTO personal (seq, field, salt, value) VALUES (?, ?, ?, ?)',
  );
  const addReading = db.prepare<[Uint8Array, string, number]>(`
    INSERT INTO reading (reader, document, at) VALUES (?, ?, ?)
    ON CONFLICT (reader, document) DO UPDATE SET at = max(at, excluded.at)`);
  const purgeReadings = db.prepare<[number]>('DELETE FROM reading WHERE at < ?');
  let purgedAt = 0;
  const genesis: ChainHead = { seq: 0, hash: genesisOf(chain) };

  /** What was written must still be there: nobody continues or signs a chain that was changed underneath them. */
  const head = (written: ChainHead | undefined): ChainHead => {
    if (written && written.seq > 0 && !hashOf.get(written.seq)?.equals(written.hash)) {
      throw new AppError(
        'unavailable',
        `The audit ledger was changed: its row ${written.seq} is not the one that was written. Run: castellan audit verify`,
      );
    }
    return last.get() ?? genesis;
  };

  /** Nothing that counts: a full disk takes a commit without a page, and none with one. */
  const touch = (): void => void db.pragma(`user_version = ${Number(db.pragma('user_version', { simple: true }))}`);

  /** In the same commit as the row that says so: nothing is shown that is not remembered. */
  const remember = ({ at, who, outcome, documents }: Recorded): void => {
    if (outcome !== 'answered') return;
    const reader = readerName(who, options.reader);
    for (const { id } of documents) addReading.run(reader, id, at);
    if (at - purgedAt < PURGE_MS) return;
    purgeReadings.run(at - READING_MS);
    purgedAt = at;
  };

  const append = db.transaction((events: readonly Recorded[], written: ChainHead | undefined): ChainHead => {
    let { seq, hash } = head(written);
    if (events.length === 0) touch();
    for (const event of events) {
      seq++;
      const { body, personal } = rowOf(event, seq, options);
      hash = rowHash(hash, Buffer.from(body));
      addRow.run(seq, body, hash);
      for (const { field, salt, value } of personal) addPersonal.run(seq, field, salt, value);
      remember(event);
    }
    return { seq, hash };
  });

  return { head, append: (events, written) => append.immediate(events, written) };
};
