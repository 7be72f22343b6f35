import { setImmediate } from 'node:timers/promises';

import type { Store, WaitingChunk } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
}

/** The durable queue of chunks without a vector of the model in use, and the vectors that come back. */
export const vectorsOf = ({ db, file, commit }: Parts): Pick<Store, 'waiting' | 'waitingCount' | 'putVectors'> => {
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
  const foreign = `
    FROM vector
    WHERE (model < :model OR model > :model) AND NOT EXISTS (SELECT 1 FROM vector_queue WHERE vector_queue.chunk = vector.chunk)`;
  const foreignCount = db.prepare<[{ model: number }], number>(`SELECT count(*) ${foreign}`).pluck();
  const foreignExists = db.prepare<[{ model: number }], number>(`SELECT 1 ${foreign} LIMIT 1`).pluck();
  const requeue = db.prepare<[{ model: number; limit: number }]>(`
    INSERT INTO vector_queue (chunk)
    SELECT chunk ${foreign} LIMIT :limit`);
  const cached = `
    FROM (SELECT chunk FROM vector_queue ORDER BY chunk LIMIT :limit) AS waiting
    JOIN chunk ON chunk.id = waiting.chunk
    JOIN vector ON vector.embedded_hash = chunk.embedded_hash AND vector.model = :model`;
  const cachedExists = db.prepare<[{ model: number; limit: number }], number>(`SELECT 1 ${cached} LIMIT 1`).pluck();
  const cachedOnes = db.prepare<[{ model: number; limit: number }], { chunk: number; vector: Buffer }>(`
    SELECT waiting.chunk, vector.vector ${cached} GROUP BY waiting.chunk`);
  // Nothing is put for a chunk that was deleted meanwhile: chunk ids are never used twice.
  const put = db.prepare<[{ chunk: number; model: number; vector: Uint8Array }]>(`
    INSERT OR REPLACE INTO vector (chunk, model, embedded_hash, vector)
    SELECT id, :model, embedded_hash, :vector FROM chunk WHERE id = :chunk`);
  const dequeue = db.prepare<[number]>('DELETE FROM vector_queue WHERE chunk = ?');

  const modelOf = (fingerprint: string): number =>
    findModel.get(fingerprint) ?? Number(insertModel.run(fingerprint).lastInsertRowid);
  /** Of a model without a vector yet there is no row; no model has the number 0. */
  const knownModelOf = (fingerprint: string): number => findModel.get(fingerprint) ?? 0;

  const remaining = (fingerprint: string): number =>
    (queued.get() ?? 0) + (foreignCount.get({ model: knownModelOf(fingerprint) }) ?? 0);

  /** Puts chunks with vectors of other models into the queue as far as it runs short; then takes out those whose text has a vector already, and says whether there were any. */
  const refill = (fingerprint: string, limit: number): boolean => {
    const model = knownModelOf(fingerprint);
    const short = limit - (queuedUpTo.get(limit) ?? 0);
    if ((short <= 0 || !foreignExists.get({ model })) && !cachedExists.get({ model, limit })) return false;
    return commit(() => {
      if (short > 0) requeue.run({ model, limit: short });
      const found = cachedOnes.all({ model, limit });
      for (const { chunk, vector } of found) {
        put.run({ chunk, model, vector });
        dequeue.run(chunk);
      }
      return found.length > 0;
    });
  };

  return {
    async waiting(fingerprint, limit) {
      while (guarded(file, () => refill(fingerprint, limit))) await setImmediate(); // the queue got shorter, so this ends
      return guarded(file, () => first.all(limit));
    },
    async waitingCount(fingerprint) {
      return guarded(file, () => remaining(fingerprint));
    },
    async putVectors(fingerprint, vectors) {
      if (vectors.length === 0) return;
      commit(() => {
        const model = modelOf(fingerprint);
        for (const { chunk, vector } of vectors) {
          put.run({ chunk, model, vector: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength) });
          dequeue.run(chunk);
        }
      });
    },
  };
};
