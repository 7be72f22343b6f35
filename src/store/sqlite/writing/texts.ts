import { hash } from 'node:crypto';

import type { NewChunk } from '../../store.ts';
import type { Database } from '../database.ts';
import type { Commit } from './commit.ts';
import { postingsOf } from './postings.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Texts {
  /** Stores the chunks of a document that has none. */
  add(commit: Commit, item: number, chunks: readonly NewChunk[]): void;
  /** Stores the chunks of a document in place of those it had. */
  replace(commit: Commit, item: number, chunks: readonly NewChunk[]): void;
  remove(commit: Commit, item: number): void;
}

interface Vector {
  readonly model: number;
  readonly vector: Buffer;
}

/** A chunk with the vectors that its document has for the same text. */
interface Prepared {
  readonly chunk: NewChunk;
  readonly hash: Buffer;
  readonly known?: Vector | undefined;
  readonly coming?: Vector | undefined;
}

/** The chunks of documents: text, postings, and the vector each already has or waits for. */
export const textsOf = (db: Database, vocabulary: Vocabulary): Texts => {
  const postings = postingsOf(db, vocabulary);
  const insertChunk = db.prepare<[number, number, string, string, string | null, number, string, Buffer]>(`
    INSERT INTO chunk (item, ordinal, text, location, author, stripped, embedded, embedded_hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertVector = db.prepare<[number, number, Buffer, Buffer]>(`
    INSERT INTO vector (chunk, model, embedded_hash, vector) VALUES (?, ?, ?, ?)`);
  const enqueue = db.prepare<[number]>('INSERT INTO vector_queue (chunk) VALUES (?)');
  // Of this document alone: a vector that is ready at once because another document says the same would betray that one.
  const knownVector = db.prepare<[number, Buffer], Vector>(`
    SELECT vector.model, vector.vector
    FROM chunk
    JOIN vector ON vector.chunk = chunk.id
    WHERE chunk.item = ? AND chunk.embedded_hash = ?
    ORDER BY vector.model DESC
    LIMIT 1`);
  const knownComing = db.prepare<[number, Buffer], Vector>(`
    SELECT coming_vector.model, coming_vector.vector
    FROM chunk
    JOIN coming_vector ON coming_vector.chunk = chunk.id
    WHERE chunk.item = ? AND chunk.embedded_hash = ?
    LIMIT 1`);
  const insertComing = db.prepare<[number, number, Buffer, Buffer]>(`
    INSERT INTO coming_vector (chunk, model, embedded_hash, vector) VALUES (?, ?, ?, ?)`);
  const removeChunks = db.prepare<[number]>('DELETE FROM chunk WHERE item = ?');

  const remove = (commit: Commit, item: number): void => {
    postings.remove(commit, item);
    removeChunks.run(item);
  };

  const insert = (commit: Commit, item: number, prepared: readonly Prepared[]): void => {
    for (const [ordinal, { chunk, hash: hashed, known, coming }] of prepared.entries()) {
      const { text, location, author = null, stripped, embedded } = chunk;
      const inserted = insertChunk.run(item, ordinal, text, JSON.stringify(location), author, stripped, embedded, hashed);
      const id = Number(inserted.lastInsertRowid);
      postings.add(commit, item, id, chunk.terms);
      if (known) insertVector.run(id, known.model, hashed, known.vector);
      else enqueue.run(id);
      if (coming) insertComing.run(id, coming.model, hashed, coming.vector);
    }
  };

  return {
    remove,
    add(commit, item, chunks) {
      insert(
        commit,
        item,
        chunks.map((chunk) => ({ chunk, hash: hashOf(chunk) })),
      );
    },
    replace(commit, item, chunks) {
      const prepared = chunks.map((chunk) => {
        const hashed = hashOf(chunk);
        return { chunk, hash: hashed, known: knownVector.get(item, hashed), coming: knownComing.get(item, hashed) };
      });
      remove(commit, item); // only now: the vectors of what stays the same were just taken over
      insert(commit, item, prepared);
    },
  };
};

const hashOf = ({ embedded }: NewChunk): Buffer => hash('sha256', embedded, 'buffer');
