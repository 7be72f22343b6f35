import type { Condition } from './where.ts';

/** A chunk that contains a term, and how strongly: 1–255, from its own text alone. */
export interface Posting {
  readonly chunk: number;
  readonly impact: number;
}

/** A chunk as ranking needs it. Ties are broken by `documentId` and `ordinal`, never by a row id: those betray what is hidden. */
export interface ChunkPlace {
  readonly chunk: number;
  readonly documentId: string;
  readonly ordinal: number;
}

/** A chunk and its cosine distance to a query, 0 (same direction) to 2. */
export interface Neighbour extends ChunkPlace {
  readonly distance: number;
}

/** What a request asks to be left out. It narrows what is visible; it never widens it. */
export interface Filter {
  readonly sources?: readonly string[];
  readonly types?: readonly string[];
  /** Only documents their source changed after this, ms since 1970. */
  readonly updatedAfter?: number;
  /** Only documents whose fields meet all of these. */
  readonly where?: readonly Condition[];
}

/**
 * One read transaction, narrowed to what one caller may see and one filter keeps: all that retrieval knows.
 * Every number it gives is counted over that alone.
 */
export interface Snapshot {
  /** How many chunks there are to rank. */
  count(): number;
  /** The chunks that contain a term, in no particular order. */
  postings(term: string): readonly Posting[];
  /** The nearest chunks, ordered by distance, document id, ordinal, before the limit cuts. Chunks without a vector of this fingerprint are absent. */
  nearest(vector: Float32Array, fingerprint: string, limit: number): readonly Neighbour[];
  /** The distances of given chunks; those without a vector of this fingerprint are absent. */
  distances(vector: Float32Array, fingerprint: string, chunks: readonly number[]): ReadonlyMap<number, number>;
  /**
   * The model to ask by instead of this one while it takes over: that of which most chunks here have a vector and none of this
   * fingerprint. Undefined as soon as there is no such chunk.
   */
  formerModel(fingerprint: string): string | undefined;
  places(chunks: readonly number[]): readonly ChunkPlace[];
  /** The first chunk of each document, the last changed first, then by document id, before the limit cuts. */
  latest(limit: number): readonly ChunkPlace[];
}
