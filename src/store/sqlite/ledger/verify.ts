import { setImmediate as turn } from 'node:timers/promises';

import { canonicalJson } from '../../../core/canonical-json.ts';
import type { LedgerKeys, PersonalField, Verified } from '../../ledger.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import { type Anchored, readAnchors } from './anchor.ts';
import { commitmentTo, genesisOf, rowHash } from './chain.ts';
import { type Body, bodySchema } from './row.ts';

/** Rows read between two turns of the event loop: checking a long chain stops nobody's answer. */
const PAGE = 500;

export interface VerifyOptions {
  readonly file: DatabaseFile;
  readonly chain: Uint8Array;
  readonly keys: LedgerKeys;
  readonly anchors: readonly string[];
}

/** Recomputes every row of the chain, and holds it against what is stored beside it and against its anchors. */
export const verifyChain = async (db: Database, { file, chain, keys, anchors }: VerifyOptions): Promise<Verified> => {
  const anchored = readAnchors(anchors, Buffer.from(chain).toString('hex'), keys.anchor);
  const readPage = pagesOf(db);
  const pageAfter = (seq: number): StoredRow[] => guarded(file, () => readPage(seq));
  let rows = 0;
  let hash = genesisOf(chain);
  for (let page = pageAfter(Number.MIN_SAFE_INTEGER); page.length > 0; page = pageAfter(rows)) {
    for (const row of page) {
      const why = faultOf(row, rows + 1, hash, anchored);
      if (why) return { state: 'broken', rows, at: rows + 1, why };
      hash = row.hash;
      rows++;
    }
    await turn();
  }
  return guarded(file, () => verdict(db, rows, anchored));
};

interface StoredRow {
  readonly seq: number;
  readonly body: Buffer;
  readonly hash: Buffer;
  readonly personal: readonly StoredPersonal[];
}

interface StoredPersonal {
  readonly seq: number;
  readonly field: PersonalField;
  readonly salt: Buffer;
  readonly value: Buffer;
}

/** Bytes, not text: a byte that is no UTF-8 must not read as another. */
const pagesOf = (db: Database): ((after: number) => StoredRow[]) => {
  const rows = db.prepare<[number, number], Omit<StoredRow, 'personal'>>(`
    SELECT seq, CAST(body AS BLOB) AS body, CAST(hash AS BLOB) AS hash
    FROM audit
    WHERE seq > ?
    ORDER BY seq
    LIMIT ?`);
  const personal = db.prepare<[number, number], StoredPersonal>(`
    SELECT seq, field, CAST(salt AS BLOB) AS salt, CAST(value AS BLOB) AS value
    FROM personal
    WHERE seq BETWEEN ? AND ?`);
  const read = db.transaction((after: number): StoredRow[] => {
    const page = rows.all(after, PAGE);
    const values = Map.groupBy(personal.all(page[0]?.seq ?? 0, page.at(-1)?.seq ?? 0), ({ seq }) => seq);
    return page.map((row) => ({ ...row, personal: values.get(row.seq) ?? [] }));
  });
  return (after) => read(after);
};

/** What is wrong with a row that should be number `seq` and follow `previous`; undefined when nothing is. */
const faultOf = (row: StoredRow, seq: number, previous: Buffer, anchored: Anchored): string | undefined => {
  if (row.seq !== seq) return `row ${seq} is missing`;
  if (!rowHash(previous, row.body).equals(row.hash)) return `row ${seq} does not follow from the one before`;
  const body = parseBody(row.body);
  if (body?.seq !== seq) return `row ${seq} is not a row of the audit`;
  const changed = row.personal.find(({ field, salt, value }) => commitmentTo(salt, field, value) !== body[field]);
  if (changed) return `the field ${changed.field} of row ${seq} was changed`;
  const hash = row.hash.toString('hex');
  return anchored.hashes.get(seq)?.some((anchor) => anchor !== hash) ? `row ${seq} is not the one that was anchored` : undefined;
};

/** Only a body in its one spelling is one: two members of one name must not hide each other. */
const parseBody = (bytes: Buffer): Body | undefined => {
  try {
    const text = bytes.toString();
    const body = bodySchema.safeParse(JSON.parse(text)).data;
    return body && canonicalJson(body) === text ? body : undefined;
  } catch {
    return undefined;
  }
};

const verdict = (db: Database, rows: number, { last, wrong }: Anchored): Verified => {
  if (wrong) return { state: 'broken', rows, at: 0, why: wrong };
  if (last > rows) return { state: 'broken', rows, at: rows + 1, why: cutOff(rows + 1, last) };
  const stray = db
    .prepare<[], { seq: number }>('SELECT seq FROM personal WHERE seq NOT IN (SELECT seq FROM audit) LIMIT 1')
    .get();
  if (stray)
    return { state: 'broken', rows, at: stray.seq, why: `a personal field belongs to row ${stray.seq}, which does not exist` };
  return last === 0 ? { state: 'consistent', rows } : { state: 'proven', rows, anchored: last };
};

const cutOff = (first: number, last: number): string =>
  first === last ? `row ${first} was cut off` : `rows ${first} to ${last} were cut off`;
