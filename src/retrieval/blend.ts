import type { ChunkPlace } from '../core/snapshot.ts';
import type { DenseFound } from './dense.ts';
import type { LexicalFound } from './lexical.ts';
import { byPlace } from './place.ts';

/**
 * One order from words and meaning, the best chunk of each document: each half stretched to 0–1 over all candidates, then averaged.
 * A chunk that has no vector yet is judged by words alone, so that waiting for a model costs it nothing.
 */
export const blend = (words: LexicalFound, near?: DenseFound): readonly ChunkPlace[] => {
  const candidates = new Map([...words.best, ...(near?.best ?? [])].map((place) => [place.chunk, place]));
  const byWords = stretch(Array.from(candidates.keys(), (chunk) => [chunk, words.scores.get(chunk) ?? 0]));
  const byMeaning = stretch([...(near?.cosines ?? [])]);
  const score = ({ chunk }: ChunkPlace): number => {
    const word = byWords.get(chunk) ?? 0;
    return (word + (byMeaning.get(chunk) ?? word)) / 2;
  };
  const ordered = [...candidates.values()].toSorted((a, b) => score(b) - score(a) || byPlace(a, b));
  const documents = new Map<string, ChunkPlace>();
  for (const { chunk, documentId, ordinal } of ordered) {
    if (!documents.has(documentId)) documents.set(documentId, { chunk, documentId, ordinal });
  }
  return [...documents.values()];
};

/** To 0–1, smallest to largest; all alike are all 1. */
const stretch = (values: readonly (readonly [number, number])[]): ReadonlyMap<number, number> => {
  let low = Infinity;
  let high = -Infinity;
  for (const [, value] of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return new Map(values.map(([chunk, value]) => [chunk, high > low ? (value - low) / (high - low) : 1]));
};
