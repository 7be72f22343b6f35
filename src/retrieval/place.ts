import type { ChunkPlace } from '../core/snapshot.ts';

/** Orders by document id, code unit by code unit, then ordinal: the same on every machine, whatever its locale. */
export const byPlace = (a: ChunkPlace, b: ChunkPlace): number => {
  if (a.documentId !== b.documentId) return a.documentId < b.documentId ? -1 : 1;
  return a.ordinal - b.ordinal;
};
