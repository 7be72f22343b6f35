import type { ChunkPlace, Snapshot } from '../core/snapshot.ts';

/** As many as words propose: the two halves meet on even terms. */
const CANDIDATES = 100;

/** How near chunks are in meaning. */
export interface DenseFound {
  readonly best: readonly ChunkPlace[];
  /** The cosine of every candidate that has a vector, its own and those of `others`. */
  readonly cosines: ReadonlyMap<number, number>;
}

/** Finds chunks by meaning, and says how near the chunks that words proposed are. */
export const dense = (
  snapshot: Snapshot,
  { vector, fingerprint }: { readonly vector: Float32Array; readonly fingerprint: string },
  others: readonly ChunkPlace[],
): DenseFound => {
  const best = snapshot.nearest(vector, fingerprint, CANDIDATES);
  const cosines = new Map(best.map(({ chunk, distance }) => [chunk, 1 - distance]));
  const unknown = others.map(({ chunk }) => chunk).filter((chunk) => !cosines.has(chunk));
  for (const [chunk, distance] of snapshot.distances(vector, fingerprint, unknown)) cosines.set(chunk, 1 - distance);
  return { best, cosines };
};
