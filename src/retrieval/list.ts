import type { ChunkPlace, Snapshot } from '../core/snapshot.ts';

/** How far a list can be paged through. */
const LISTED = 1_000;

/** What a snapshot shows, without a word to rank it by. */
export interface Listed {
  readonly places: readonly ChunkPlace[];
  /** There is more than can be paged through. */
  readonly partial: boolean;
}

/** The documents of a snapshot by their first chunks, the last changed first, at most `limit`. */
export const list = (snapshot: Snapshot, limit: number): Listed => {
  const latest = snapshot.latest(LISTED + 1);
  return { places: latest.slice(0, Math.min(limit, LISTED)), partial: latest.length > LISTED };
};
