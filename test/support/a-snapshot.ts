import type { ChunkPlace, Neighbour, Posting, Snapshot } from '../../src/core/snapshot.ts';
import { impactsOf } from '../../src/store/terms.ts';

/** A chunk of a made-up snapshot. */
export interface SnapshotChunk {
  readonly documentId: string;
  readonly ordinal?: number;
  readonly title?: string;
  readonly text: string;
  /** Absent: its vector is not made yet. */
  readonly vector?: Float32Array;
}

/** A snapshot in memory that shows exactly these chunks; their row ids are their places in the list, moved by `firstRow`. */
export const aSnapshot = (chunks: readonly SnapshotChunk[], { firstRow = 1, fingerprint = 'toy' } = {}): Snapshot => {
  const index = new Map<string, Posting[]>();
  const places = new Map<number, ChunkPlace>();
  const vectors = new Map<number, Float32Array>();
  for (const [at, { documentId, ordinal = 0, title = '', text, vector }] of chunks.entries()) {
    const chunk = firstRow + at;
    places.set(chunk, { chunk, documentId, ordinal });
    if (vector !== undefined) vectors.set(chunk, vector);
    for (const { term, impact } of impactsOf(title, text)) {
      const postings = index.get(term);
      if (postings === undefined) index.set(term, [{ chunk, impact }]);
      else postings.push({ chunk, impact });
    }
  }
  const placesOf = (rows: Iterable<number>): ChunkPlace[] => Array.from(rows).flatMap((row) => places.get(row) ?? []);
  const distancesOf = (asked: Float32Array, model: string, rows: Iterable<number>): Map<number, number> =>
    new Map(
      Array.from(rows).flatMap((row): [number, number][] => {
        const vector = model === fingerprint ? vectors.get(row) : undefined;
        return vector === undefined ? [] : [[row, 1 - dot(asked, vector)]];
      }),
    );
  return {
    count: () => places.size,
    latest: (limit) =>
      placesOf(places.keys())
        .filter(({ ordinal }) => ordinal === 0)
        .toSorted((a, b) => compare(a.documentId, b.documentId)) // all of one time
        .slice(0, limit),
    postings: (term) => index.get(term) ?? [],
    places: placesOf,
    formerModel: () => undefined,
    distances: distancesOf,
    nearest: (asked, model, limit) => {
      const distances = distancesOf(asked, model, vectors.keys());
      return placesOf(distances.keys())
        .map((place): Neighbour => ({ ...place, distance: distances.get(place.chunk) ?? 2 }))
        .toSorted((a, b) => a.distance - b.distance || compare(a.documentId, b.documentId) || a.ordinal - b.ordinal)
        .slice(0, limit);
    },
  };
};

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
