import { cutBefore } from '../core/cut.ts';
import { locatedTerms } from '../store/terms.ts';
import { queryTerms } from './query.ts';

/** Enough to judge a hit by; ten of them with their metadata stay well under an answer's budget. */
const MAX = 480;

/** How far back a window reaches for the beginning of its sentence. */
const LEAD = 160;
/** How much of a window's end is given up to end with a sentence, and with a word. */
const SENTENCE_SLACK = 120;
const WORD_SLACK = 40;

const CUT = '…';

/** The part of a text that holds the most different words of a query, at most `max` long, from sentence to sentence where it can; `…` where it was cut. */
export const snippet = (text: string, query: string, { max = MAX }: { readonly max?: number } = {}): string => {
  if (text.length <= max) return text;
  const room = Math.max(1, max - 2 * CUT.length);
  const { from, until } = densest(text, query, room);
  const start = beginning(text, from, Math.min(LEAD, from + room - until));
  const end = ending(text, start, start + room, until);
  return `${start > 0 ? CUT : ''}${text.slice(start, end).trim()}${end < text.length ? CUT : ''}`;
};

interface Window {
  readonly from: number;
  readonly until: number;
}

/** From the first to the last word of the query in the best window; the first of equals, and the beginning where there is none. */
const densest = (text: string, query: string, room: number): Window => {
  const asked = queryTerms(query);
  const found = Array.from(locatedTerms(text)).filter(({ term }) => asked.has(term));
  let best: Window & { readonly value: number } = { from: 0, until: 0, value: 0 };
  let next = 0;
  for (const [at, { from }] of found.entries()) {
    next = Math.max(next, at + 1);
    while ((found[next]?.to ?? Infinity) <= from + room) next += 1;
    const inside = found.slice(at, next);
    const value = new Set(inside.map(({ term }) => term)).size * found.length + inside.length; // different words first, then all
    if (value > best.value) best = { from, until: inside.at(-1)?.to ?? from, value };
  }
  return best;
};

/** The beginning of the sentence, or else of a word, at most `lead` before `from`. */
const beginning = (text: string, from: number, lead: number): number => {
  const earliest = Math.max(0, from - lead);
  if (earliest === 0) return 0;
  const before = text.slice(earliest, from);
  const sentence = lastEnd(before, SENTENCE);
  if (sentence !== undefined) return earliest + sentence;
  const word = before.search(/\s/u);
  return word < 0 ? cutBefore(text, from) : earliest + word + 1;
};

/** The end of a sentence, or else of a word, or else of a character, at most `latest` and never before `until`. */
const ending = (text: string, start: number, latest: number, until: number): number => {
  if (latest >= text.length) return text.length;
  const endOf = (pattern: RegExp, slack: number): number | undefined => {
    const from = Math.max(start + 1, until, latest - slack);
    const end = lastEnd(text.slice(from, latest + 1), pattern);
    return end === undefined ? undefined : Math.min(from + end, latest);
  };
  return endOf(SENTENCE, SENTENCE_SLACK) ?? endOf(/\s/gu, WORD_SLACK) ?? Math.max(cutBefore(text, latest), start + 1);
};

/** A full stop and a space, an ideographic full stop, or the end of a line. */
const SENTENCE = /[.!?]["')\]]*\s+|[。！？]|\n+/gu;

const lastEnd = (text: string, pattern: RegExp): number | undefined => {
  const last = [...text.matchAll(pattern)].at(-1);
  return last === undefined ? undefined : last.index + last[0].length;
};
