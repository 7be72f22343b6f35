import type { TermImpact } from '../../store.ts';
import type { Database } from '../database.ts';
import type { Commit } from './commit.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Rows of one statement: calling it once is most of what one row costs. */
const ROWS = 64;
/** Bytes of a term's number in `chunk_terms`. */
const TERM_BYTES = 4;

interface Posting {
  readonly term: number;
  readonly chunk: number;
  readonly impact: number;
}

/** What a commit has still to write. */
interface Late {
  readonly items: Set<number>;
  readonly postings: Posting[];
}

export interface Postings {
  /** The terms of a new chunk; they are written when the commit ends. */
  add(commit: Commit, item: number, chunk: number, terms: readonly TermImpact[]): void;
  /** Takes out those of all chunks of an item. */
  remove(commit: Commit, item: number): void;
}

/** The lexical index. What a commit adds is written at its end, in the order of the table: neighbours go to one page together. */
export const postingsOf = (db: Database, vocabulary: Vocabulary): Postings => {
  const insertMany = db.prepare<number[]>(inserting(ROWS));
  const insertOne = db.prepare<number[]>(inserting(1));
  const insertTerms = db.prepare<[number, Buffer]>('INSERT INTO chunk_terms (chunk, terms) VALUES (?, ?)');
  const chunksOf = db.prepare<[number], number>('SELECT id FROM chunk WHERE item = ?').pluck();
  const termsOf = db.prepare<[number], Buffer>('SELECT terms FROM chunk_terms WHERE chunk = ?').pluck();
  const removePosting = db.prepare<[number, number]>('DELETE FROM posting WHERE term = ? AND chunk = ?');
  const late = new WeakMap<Commit, Late>();

  const write = ({ items, postings }: Late): void => {
    const ordered = postings.splice(0).toSorted((a, b) => a.term - b.term || a.chunk - b.chunk);
    items.clear();
    const whole = ordered.length - (ordered.length % ROWS);
    for (let from = 0; from < whole; from += ROWS) {
      insertMany.run(...ordered.slice(from, from + ROWS).flatMap(({ term, chunk, impact }) => [term, chunk, impact]));
    }
    for (const { term, chunk, impact } of ordered.slice(whole)) insertOne.run(term, chunk, impact);
  };

  const lateOf = (commit: Commit): Late => {
    const before = late.get(commit);
    if (before) return before;
    const begun: Late = { items: new Set(), postings: [] };
    late.set(commit, begun);
    commit.atEnd(() => write(begun));
    return begun;
  };

  return {
    add(commit, item, chunk, terms) {
      const { items, postings } = lateOf(commit);
      items.add(item);
      const ids: number[] = [];
      for (const { term: text, impact } of terms) {
        const term = vocabulary.intern(text);
        ids.push(term);
        postings.push({ term, chunk, impact });
      }
      insertTerms.run(chunk, bytesOf(ids));
    },
    remove(commit, item) {
      const before = late.get(commit);
      if (before?.items.has(item)) write(before);
      for (const chunk of chunksOf.all(item)) {
        for (const term of numbersIn(termsOf.get(chunk) ?? NONE)) removePosting.run(term, chunk);
      }
    },
  };
};

const inserting = (rows: number): string =>
  `INSERT INTO posting (term, chunk, impact) VALUES ${Array<string>(rows).fill('(?, ?, ?)').join(', ')}`;

const NONE = Buffer.alloc(0);

const bytesOf = (numbers: readonly number[]): Buffer => {
  const bytes = Buffer.allocUnsafe(numbers.length * TERM_BYTES);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32LE(number, at * TERM_BYTES);
  return bytes;
};

const numbersIn = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / TERM_BYTES }, (_, at) => bytes.readUInt32LE(at * TERM_BYTES));
