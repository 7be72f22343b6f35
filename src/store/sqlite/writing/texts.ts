import { createHash } from 'node:crypto';

import type { NewChunk } from '../../store.ts';
import type { Database } from '../database.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Texts {
  /** Stores the chunks of a document in place of those it had. */
  replace(item: number, chunks: readonly NewChunk[]): void;
  remove(item: number): void;
}

interface Vector {
  readonly model: number;
  readonly vector: Buffer;
}

/** Bytes of a term's number in `chunk_terms`. */
const TERM_BYTES = 4;

/** The chunks of documents: text, postings, and the vector each already has or waits for. */
export const textsOf = (db: Database, vocabulary: Vocabulary): Texts => {
  const insertChunk = db.prepare<[number, number, string, string, string | null, number, string, Buffer]>(`
    INSERT INTO chunk (item, ordinal, text, location, author, stripped, embedded, embedded_hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertPosting = db.prepare<[number, number, number]>('INSERT INTO posting (term, chunk, impact) VALUES (?, ?, ?)');
  const insertTerms = db.prepare<[number, Buffer]>('INSERT INTO chunk_terms (chunk, terms) VALUES (?, ?)');
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
  const termsOfItem = db.prepare<[number], { chunk: number; terms: Buffer }>(`
    SELECT chunk_terms.chunk, chunk_terms.terms
    FROM chunk
    JOIN chunk_terms ON chunk_terms.chunk = chunk.id
    WHERE chunk.item = ?`);
  const removePosting = db.prepare<[number, number]>('DELETE FROM posting WHERE term = ? AND chunk = ?');
  const removeChunks = db.prepare<[number]>('DELETE FROM chunk WHERE item = ?');

  const remove = (item: number): void => {
    for (const { chunk, terms } of termsOfItem.all(item)) {
      for (const term of numbersIn(terms)) removePosting.run(term, chunk);
    }
    removeChunks.run(item);
  };

  const insertPostings = (chunk: number, terms: NewChunk['terms']): void => {
    // In the order of their numbers, so that neighbours in the table are written together.
    const postings = terms.map(({ term, impact }) => ({ id: vocabulary.intern(term), impact })).toSorted((a, b) => a.id - b.id);
    for (const { id, impact } of postings) insertPosting.run(id, chunk, impact);
    insertTerms.run(chunk, bytesOf(postings.map(({ id }) => id)));
  };

  return {
    remove,
    replace(item, chunks) {
      const prepared = chunks.map((chunk) => {
        const hash = createHash('sha256').update(chunk.embedded).digest();
        return { chunk, hash, known: knownVector.get(item, hash), coming: knownComing.get(item, hash) };
      });
      remove(item); // only now: the vectors of what stays the same were just taken over
      for (const [ordinal, { chunk, hash, known, coming }] of prepared.entries()) {
        const { text, location, author = null, stripped, embedded } = chunk;
        const inserted = insertChunk.run(item, ordinal, text, JSON.stringify(location), author, stripped, embedded, hash);
        const id = Number(inserted.lastInsertRowid);
        insertPostings(id, chunk.terms);
        if (known) insertVector.run(id, known.model, hash, known.vector);
        else enqueue.run(id);
        if (coming) insertComing.run(id, coming.model, hash, coming.vector);
      }
    },
  };
};

const bytesOf = (numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * TERM_BYTES);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32LE(number, at * TERM_BYTES);
  return bytes;
};

const numbersIn = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / TERM_BYTES }, (_, at) => bytes.readUInt32LE(at * TERM_BYTES));
