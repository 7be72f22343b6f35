import { setImmediate } from 'node:timers/promises';

import type SQLite from 'better-sqlite3';

import type { Store, WaitingChunk } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
}

/** Chunks that are queued again together: each time, those that have a new vector already are passed by. */
const REQUEUED = 5_000;
/** Vectors that take over in one commit. */
const MOVED = 500;

interface Made {
  readonly chunk: number;
  readonly model: number;
  readonly vector: Uint8Array;
}
type Put = SQLite.Statement<[Made]>;

/** The durable queue of chunks without a vector of the model in use, and the vectors that come back. */
export const vectorsOf = ({
  db,
  file,
  commit,
}: Parts): Pick<Store, 'waiting' | 'waitingCount' | 'waitingCharacters' | 'putVectors'> => {
  const findModel = db.prepare<[string], number>('SELECT id FROM model WHERE fingerprint = ?').pluck();
  const insertModel = db.prepare<[string]>('INSERT INTO model (fingerprint) VALUES (?)');
  const queued = db.prepare<[], number>('SELECT count(*) FROM vector_queue').pluck();
  const queuedUpTo = db.prepare<[number], number>('SELECT count(*) FROM (SELECT 1 FROM vector_queue LIMIT ?)').pluck();
  const first = db.prepare<[number], WaitingChunk>(`
    SELECT chunk.id AS chunk, chunk.embedded
    FROM vector_queue
    JOIN chunk ON chunk.id = vector_queue.chunk
    ORDER BY vector_queue.chunk
    LIMIT ?`);
  // Of another model, and without one of this.
  const foreign = `
    FROM vector
    WHERE (model < :model OR model > :model)
      AND NOT EXISTS (SELECT 1 FROM vector_queue WHERE vector_queue.chunk = vector.chunk)
      AND NOT EXISTS (SELECT 1 FROM coming_vector WHERE coming_vector.chunk = vector.chunk AND coming_vector.model = :model)`;
  const foreignCount = db.prepare<[{ model: number }], number>(`SELECT count(*) ${foreign}`).pluck();
  const characters = db
    .prepare<{ model: number }, number>(`
    SELECT ifnull(sum(length(chunk.embedded)), 0)
    FROM (SELECT chunk FROM vector_queue UNION ALL SELECT chunk ${foreign}) AS waiting
    JOIN chunk ON chunk.id = waiting.chunk`)
    .pluck();
  const foreignExists = db.prepare<[{ model: number }], number>(`SELECT 1 ${foreign} LIMIT 1`).pluck();
  const requeue = db.prepare<[{ model: number; limit: number }]>(`
    INSERT INTO vector_queue (chunk)
    SELECT chunk ${foreign} LIMIT :limit`);
  const cached = `
    SELECT waiting.chunk, made.vector
    FROM (SELECT chunk FROM vector_queue ORDER BY chunk LIMIT :limit) AS waiting
    JOIN chunk ON chunk.id = waiting.chunk`;
  const cachedOnes = db.prepare<[{ model: number; limit: number }], { chunk: number; vector: Buffer }>(`
    SELECT chunk, vector
    FROM (
      ${cached} JOIN vector AS made ON made.embedded_hash = chunk.embedded_hash AND made.model = :model
      UNION ALL
      ${cached} JOIN coming_vector AS made ON made.embedded_hash = chunk.embedded_hash AND made.model = :model
    )
    GROUP BY chunk`);
  // Nothing is put for a chunk that was deleted meanwhile: chunk ids are never used twice.
  const putInto = (table: 'vector' | 'coming_vector'): Put =>
    db.prepare<[Made]>(`
    INSERT OR REPLACE INTO ${table} (chunk, model, embedded_hash, vector)
    SELECT id, :model, embedded_hash, :vector FROM chunk WHERE id = :chunk`);
  const putNow = putInto('vector');
  const putComing = putInto('coming_vector');
  const otherModel = db
    .prepare<[{ chunk: number; model: number }], number>('SELECT 1 FROM vector WHERE chunk = :chunk AND model <> :model')
    .pluck();
  const dequeue = db.prepare<[number]>('DELETE FROM vector_queue WHERE chunk = ?');
  const come = db.prepare<[{ model: number; limit: number }]>(`
    INSERT OR REPLACE INTO vector (chunk, model, embedded_hash, vector)
    SELECT chunk, model, embedded_hash, vector FROM coming_vector WHERE model = :model ORDER BY chunk LIMIT :limit`);
  const came = db.prepare<[{ limit: number }]>(`
    DELETE FROM coming_vector WHERE chunk IN (SELECT chunk FROM coming_vector ORDER BY chunk LIMIT :limit)`);
  const coming = db.prepare<[], number>('SELECT 1 FROM coming_vector LIMIT 1').pluck();

  const modelOf = (fingerprint: string): number =>
    findModel.get(fingerprint) ?? Number(insertModel.run(fingerprint).lastInsertRowid);
  /** Of a model without a vector yet there is no row; no model has the number 0. */
  const knownModelOf = (fingerprint: string): number => findModel.get(fingerprint) ?? 0;

  const remaining = (fingerprint: string): number =>
    (queued.get() ?? 0) + (foreignCount.get({ model: knownModelOf(fingerprint) }) ?? 0);

  /** The former model goes on serving a chunk that has one of its vectors. */
  const put = (made: Made): void => void (otherModel.get(made) === undefined ? putNow : putComing).run(made);

  /** Puts chunks with vectors of other models into the queue as far as it runs short; then takes out those whose text has a vector already, and says whether there were any. */
  const refill = (fingerprint: string, limit: number): boolean => {
    const model = knownModelOf(fingerprint);
    const short = limit - (queuedUpTo.get(limit) ?? 0);
    if ((short <= 0 || !foreignExists.get({ model })) && cachedOnes.get({ model, limit }) === undefined) return false;
    return commit(() => {
      if (short > 0) requeue.run({ model, limit: Math.max(short, REQUEUED) });
      const found = cachedOnes.all({ model, limit });
      for (const { chunk, vector } of found) {
        put({ chunk, model, vector });
        dequeue.run(chunk);
      }
      return found.length > 0;
    });
  };

  /**
   * Once no chunk waits any more, what has come takes the place of what was, and what came of yet another model goes. Some of it
   * at a time: says whether there may be more. To whoever asks, some of it and all of it are alike: every chunk has a vector of
   * the model by then.
   */
  const settle = (fingerprint: string): boolean => {
    const model = knownModelOf(fingerprint);
    if (coming.get() === undefined || queuedUpTo.get(1) !== 0 || foreignExists.get({ model })) return false;
    return commit(() => {
      come.run({ model, limit: MOVED });
      return came.run({ limit: MOVED }).changes > 0;
    });
  };

  return {
    async waiting(fingerprint, limit) {
      while (guarded(file, () => refill(fingerprint, limit) || settle(fingerprint))) await setImmediate(); // queue or rest got shorter, so this ends
      return guarded(file, () => first.all(limit));
    },
    async waitingCount(fingerprint) {
      return guarded(file, () => remaining(fingerprint));
    },
    async waitingCharacters(fingerprint) {
      return guarded(file, () => characters.get({ model: knownModelOf(fingerprint) }) ?? 0);
    },
    async putVectors(fingerprint, vectors) {
      if (vectors.length === 0) return;
      commit(() => {
        const model = modelOf(fingerprint);
        for (const { chunk, vector } of vectors) {
          put({ chunk, model, vector: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength) });
          dequeue.run(chunk);
        }
      });
    },
  };
};
