import type { ChunkPlace, Snapshot } from '../core/snapshot.ts';
import { byPlace } from './place.ts';
import { queryTerms } from './query.ts';

/** Also how far an answer can be paged through; the quality of its first ten is the same from 50 to 200. */
const CANDIDATES = 100;

/** Repeating a word says how much it matters, up to here. */
const FREQUENCY_MAX = 8;

/** How the words of a query sit in the chunks. */
export interface LexicalFound {
  /** The chunks with the highest scores; equal ones by document id and ordinal. */
  readonly best: readonly ChunkPlace[];
  /** The score of every chunk that holds a word of the query: an integer, so that no order of adding moves it. */
  readonly scores: ReadonlyMap<number, number>;
}

/** Finds chunks by words: rare words count more, as counted over the snapshot alone. */
export const lexical = (snapshot: Snapshot, query: string): LexicalFound => {
  const total = snapshot.count();
  const scores = new Map<number, number>();
  for (const [term, frequency] of queryTerms(query)) {
    const postings = snapshot.postings(term);
    const weight = rarity(total, postings.length) * Math.min(FREQUENCY_MAX, frequency);
    for (const { chunk, impact } of postings) scores.set(chunk, (scores.get(chunk) ?? 0) + weight * impact);
  }
  return { best: best(snapshot, scores), scores };
};

/** At least 1: a word that every chunk holds still finds them. */
const rarity = (total: number, holding: number): number =>
  Math.max(1, Math.round(1024 * Math.log(1 + (total - holding + 0.5) / (holding + 0.5))));

/** Every chunk that ties with the last one is looked at before the cut: which of them stay must not depend on where they are stored. */
const best = (snapshot: Snapshot, scores: ReadonlyMap<number, number>): ChunkPlace[] => {
  const last = Float64Array.from(scores.values()).toSorted().at(-CANDIDATES) ?? 0;
  const chosen = Array.from(scores.keys().filter((chunk) => (scores.get(chunk) ?? 0) >= last));
  return snapshot
    .places(chosen)
    .toSorted((a, b) => (scores.get(b.chunk) ?? 0) - (scores.get(a.chunk) ?? 0) || byPlace(a, b))
    .slice(0, CANDIDATES);
};
