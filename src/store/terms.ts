import { stemmer } from 'stemmer';

import type { TermImpact } from './store.ts';

/** Part of every parser name: another version means every text is indexed again. */
export const TERMS_VERSION = 1;

/** Longer runs of letters are not words; they are cut, so that a hostile text cannot fill the index. */
const TERM_MAX = 64;

/** A term, the folded word it stands for, and where that word is in the text, in UTF-16 units. */
export interface LocatedTerm {
  readonly term: string;
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

/** The words of a text, as they are indexed and asked for: folded, split, stemmed; in order, with repetitions. */
export const termsOf = (text: string): string[] => Array.from(locatedTerms(text), ({ term }) => term);

/** The words of a text and where they are. Scripts written without spaces give every two neighbouring characters. */
export function* locatedTerms(text: string): Generator<LocatedTerm> {
  for (const { 0: run, 1: letters = run, index } of text.matchAll(RUN)) {
    for (const { 0: part, index: at } of letters.matchAll(PART)) {
      const from = index + at;
      if (UNSPACED.test(part)) yield* pairsOf(part, from);
      else yield* wordsOf(part, from, from + part.length);
    }
  }
}

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

/** Letters and digits with their marks; an English possessive at the end belongs to no word. */
const RUN = /([\p{L}\p{N}][\p{L}\p{N}\p{M}]*)(?:['’][sS](?![\p{L}\p{N}\p{M}]))?/gu;

/** Scripts that put no spaces between words, or (Hangul) glue particles to them. */
const UNSPACED =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const PART =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+|[^\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+/gu;

/** A character with its marks; the half-width voicing marks of kana are letters to Unicode. */
const CHARACTER = /[^\p{M}\uff9e\uff9f]?[\p{M}\uff9e\uff9f]+|\P{M}/gu;

function* pairsOf(run: string, from: number): Generator<LocatedTerm> {
  let first: { readonly text: string; readonly at: number } | undefined;
  let pairs = 0;
  for (const { 0: text, index } of run.matchAll(CHARACTER)) {
    const second = { text, at: from + index };
    if (first !== undefined) {
      yield* wordsOf(first.text + second.text, first.at, second.at + second.text.length);
      pairs += 1;
    }
    first = second;
  }
  if (first !== undefined && pairs === 0) yield* wordsOf(first.text, first.at, first.at + first.text.length);
}

/** Folding may open a character into several words: a half is 1 and 2. */
function* wordsOf(raw: string, from: number, to: number): Generator<LocatedTerm> {
  if (ASCII.test(raw)) yield located(raw.toLowerCase(), from, to);
  else for (const [word] of fold(raw).matchAll(WORD)) yield located(word, from, to);
}

const located = (whole: string, from: number, to: number): LocatedTerm => {
  const word = whole.length > TERM_MAX ? whole.slice(0, TERM_MAX).toWellFormed() : whole;
  return { term: stemmer(word), word, from, to };
};

const ASCII = /^[A-Za-z0-9]*$/u;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/** Accents and points, which people leave out when they ask. The marks of Indic scripts and kana voicing make other letters, and stay. */
const ACCENTS = /[[\p{M}&&[\p{Script=Inherited}\p{Script=Hebrew}]]--[\u3099\u309a]]+/gv;

/** Letters that are written as others where a keyboard lacks them, and that Unicode does not decompose. */
const SPELLED: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };

const fold = (raw: string): string =>
  raw
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/gu, (letter) => SPELLED[letter] ?? letter)
    .normalize('NFC');

const count = (terms: readonly string[]): Map<string, number> => {
  const counted = new Map<string, number>();
  for (const term of terms) counted.set(term, (counted.get(term) ?? 0) + 1);
  return counted;
};

const total = (counted: ReadonlyMap<string, number>): number => counted.values().reduce((sum, one) => sum + one, 0);
