import { stemmer } from 'stemmer';

import type { TermImpact } from './store.ts';

/** Part of every parser name: another version means every text is indexed again. */
export const TERMS_VERSION = 1;

/** Longer runs of letters are not words; they are cut, so that a hostile text cannot fill the index. */
const TERM_MAX = 64;
const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a text, as they are indexed and asked for: folded (NFKD without marks, lower case), split, stemmed; in order, with repetitions. */
export const termsOf = (text: string): string[] => {
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return Array.from(folded.matchAll(WORD), ([word]) => stemmer(word.slice(0, TERM_MAX)));
};

/** How strongly a chunk contains each of its terms, 1–255: a function of the chunk alone, so that no other document moves it. */
export const impactsOf = (title: string, text: string): TermImpact[] => {
  const inTitle = count(termsOf(title));
  const inBody = count(termsOf(text));
  const titleLength = total(inTitle);
  const bodyLength = total(inBody);
  return [...new Set([...inTitle.keys(), ...inBody.keys()])].map((term) => {
    const tf =
      (2 * (inTitle.get(term) ?? 0)) / (0.5 + (0.5 * titleLength) / 12) +
      (inBody.get(term) ?? 0) / (0.25 + (0.75 * bodyLength) / 120);
    return { term, impact: Math.max(1, Math.round((255 * tf) / (tf + 2))) };
  });
};

const count = (terms: readonly string[]): Map<string, number> => {
  const counted = new Map<string, number>();
  for (const term of terms) counted.set(term, (counted.get(term) ?? 0) + 1);
  return counted;
};

const total = (counted: ReadonlyMap<string, number>): number => counted.values().reduce((sum, one) => sum + one, 0);
