import type { ChunkPlace, Snapshot } from '../core/snapshot.ts';
import { blend } from './blend.ts';
import { dense } from './dense.ts';
import { lexical } from './lexical.ts';

/** What is asked: words, and their direction where there is one. */
export interface Question {
  readonly query: string;
  /** The query as a vector, and the model that made it; without it words alone decide. */
  readonly meaning?: { readonly vector: Float32Array; readonly fingerprint: string };
  /** How many documents. */
  readonly limit: number;
}

/**
 * The best documents, best first, each with its best chunk. A function of what the snapshot gives and the question alone:
 * neither the order of postings nor row ids nor the limit move it, so that a longer answer only goes on where a shorter one ends.
 */
export const rank = (snapshot: Snapshot, { query, meaning, limit }: Question): readonly ChunkPlace[] => {
  const words = lexical(snapshot, query);
  const near = meaning === undefined ? undefined : dense(snapshot, meaning, words.best);
  return blend(words, near).slice(0, limit);
};
