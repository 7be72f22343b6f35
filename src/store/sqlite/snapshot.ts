import type { ChunkPlace, Filter, Neighbour, Posting, Snapshot } from '../../core/snapshot.ts';
import type { Database } from './database.ts';
import { kept, type Kept, KEPT, type Narrowed, visibleDocuments } from './visible.ts';

/** Makes snapshots of a view within a transaction, which ends them all. */
export interface Snapshots {
  open(narrowed: Narrowed, filter: Filter): Snapshot;
  /** Empties what the snapshots of this transaction were kept in. */
  clear(): void;
}

/**
 * A snapshot is a list of chunks, made once: every query joins it, so that nothing else can be counted, ranked or cut.
 * No answer depends on a row id.
 */
export const prepareSnapshots = (db: Database): Snapshots => {
  db.exec(`
    CREATE TEMP TABLE visible_chunk (
      snapshot INTEGER NOT NULL, chunk INTEGER NOT NULL, PRIMARY KEY (snapshot, chunk)
    ) STRICT, WITHOUT ROWID`);
  const fill = db.prepare<Kept & Narrowed & { snapshot: number }>(`
    INSERT INTO temp.visible_chunk
    SELECT :snapshot, chunk.id
    ${visibleDocuments('JOIN chunk ON chunk.item = item.id', KEPT)}`);
  const postings = db.prepare<{ snapshot: number; term: string }, Posting>(`
    SELECT posting.chunk, posting.impact
    FROM term
    CROSS JOIN posting ON posting.term = term.id
    CROSS JOIN temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = posting.chunk
    WHERE term.text = :term`);
  const nearest = db.prepare<{ snapshot: number; vector: Buffer; fingerprint: string; limit: number }, Neighbour>(`
    WITH near AS MATERIALIZED (
      SELECT visible.chunk, vec_distance_cosine(vector.vector, :vector) AS distance
      FROM temp.visible_chunk AS visible
      CROSS JOIN vector ON vector.chunk = visible.chunk
      WHERE visible.snapshot = :snapshot
        AND vector.model = (SELECT id FROM model WHERE fingerprint = :fingerprint)
      UNION ALL
      SELECT visible.chunk, vec_distance_cosine(vector.vector, :vector)
      FROM coming_vector AS vector
      CROSS JOIN temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = vector.chunk
      WHERE vector.model = (SELECT id FROM model WHERE fingerprint = :fingerprint)
    ), edge(distance) AS (                       -- of the last one that may be kept: places are read up to it, ties included
      SELECT max(distance)
      FROM (SELECT distance FROM near WHERE distance IS NOT NULL ORDER BY distance LIMIT :limit)
    )
    SELECT ${PLACE}, visible.distance
    FROM edge
    CROSS JOIN near AS visible ON visible.distance <= edge.distance
    ${PLACED}
    ORDER BY visible.distance, documentId, ordinal
    LIMIT :limit`);
  const distances = db.prepare<
    { snapshot: number; vector: Buffer; fingerprint: string; chunks: string },
    { chunk: number; distance: number | null }
  >(`
    SELECT visible.chunk, vec_distance_cosine(vector.vector, :vector) AS distance
    FROM json_each(:chunks) AS asked
    CROSS JOIN temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = asked.value
    CROSS JOIN vector ON vector.chunk = visible.chunk
    WHERE vector.model = (SELECT id FROM model WHERE fingerprint = :fingerprint)
    UNION ALL
    SELECT visible.chunk, vec_distance_cosine(vector.vector, :vector)
    FROM json_each(:chunks) AS asked
    CROSS JOIN temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = asked.value
    CROSS JOIN coming_vector AS vector ON vector.chunk = visible.chunk
    WHERE vector.model = (SELECT id FROM model WHERE fingerprint = :fingerprint)`);
  const modelOf = db.prepare<[string], number>('SELECT id FROM model WHERE fingerprint = ?').pluck();
  const others = db
    .prepare<{ model: number }, number>('SELECT 1 FROM vector WHERE model < :model OR model > :model LIMIT 1')
    .pluck();
  const former = db
    .prepare<{ snapshot: number; model: number }, string>(`
    SELECT model.fingerprint
    FROM temp.visible_chunk AS visible
    CROSS JOIN vector ON vector.chunk = visible.chunk AND vector.model <> :model
    CROSS JOIN model ON model.id = vector.model
    LEFT JOIN coming_vector ON coming_vector.chunk = visible.chunk AND coming_vector.model = :model
    WHERE visible.snapshot = :snapshot AND coming_vector.chunk IS NULL
    GROUP BY model.id
    ORDER BY count(*) DESC, model.fingerprint
    LIMIT 1`)
    .pluck();
  const places = db.prepare<{ snapshot: number; chunks: string }, ChunkPlace>(`
    SELECT ${PLACE}
    FROM json_each(:chunks) AS asked
    CROSS JOIN temp.visible_chunk AS visible ON visible.snapshot = :snapshot AND visible.chunk = asked.value
    ${PLACED}`);
  const latest = db.prepare<{ snapshot: number; limit: number }, ChunkPlace>(`
    SELECT ${PLACE}
    FROM temp.visible_chunk AS visible
    ${PLACED}
    CROSS JOIN document ON document.item = item.id
    WHERE visible.snapshot = :snapshot AND chunk.ordinal = 0
    ORDER BY document.updated_at DESC, documentId
    LIMIT :limit`);
  const clear = db.prepare('DELETE FROM temp.visible_chunk');
  let last = 0;

  return {
    open: (narrowed, filter) => {
      const snapshot = ++last;
      const count = fill.run({ snapshot, ...narrowed, ...kept(filter) }).changes;
      return {
        count: () => count,
        postings: (term) => postings.all({ snapshot, term }),
        nearest: (vector, fingerprint, limit) => nearest.all({ snapshot, vector: bytesOf(vector), fingerprint, limit }),
        distances: (vector, fingerprint, chunks) =>
          new Map(
            distances
              .all({ snapshot, vector: bytesOf(vector), fingerprint, chunks: JSON.stringify(chunks) })
              .flatMap(({ chunk, distance }): [number, number][] => (distance === null ? [] : [[chunk, distance]])),
          ),
        formerModel: (fingerprint) => {
          const model = modelOf.get(fingerprint) ?? 0; // no model has the number 0
          // Where no other model is left nothing is counted, and that is how it nearly always is.
          return others.get({ model }) === undefined ? undefined : former.get({ snapshot, model });
        },
        places: (chunks) => places.all({ snapshot, chunks: JSON.stringify(chunks) }),
        latest: (limit) => latest.all({ snapshot, limit }),
      };
    },
    clear: () => void clear.run(),
  };
};

const PLACE = `
  visible.chunk AS chunk, source.name || ':' || item.key AS documentId, chunk.ordinal AS ordinal`;
const PLACED = `
  CROSS JOIN chunk ON chunk.id = visible.chunk
  CROSS JOIN item ON item.id = chunk.item
  CROSS JOIN source ON source.id = item.source`;

/** A vector as it is stored: little-endian 32-bit floats. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);
