import { cutBefore } from '../core/cut.ts';
import type { Location } from '../core/document.ts';
import type { Section } from './parse/parsed.ts';

/** About what the embedded model reads of a text; a chunk is cut below it where it can be. In UTF-16 units, like the next. */
const TARGET = 1_000;
/** No chunk is longer. */
const MAX = 1_500;
/** A chunk is not cut shorter than this for the sake of a better place. */
const MIN = 500;

/** A retrievable piece of a section. */
export interface Piece {
  readonly text: string;
  readonly location: Location;
  /** How many hidden characters and addresses were taken out of it. */
  readonly stripped: number;
}

/** Cuts a section into pieces that, joined, are its text: at paragraphs, else lines, sentences, words. */
export const chunk = ({ text, marks, headings }: Section, within: Location = {}): Piece[] => {
  const path = [...(within.headings ?? []), ...headings];
  const location: Location = path.length > 0 ? { ...within, headings: path } : within;
  const pieces: Piece[] = [];
  let mark = 0;
  for (let start = 0; start < text.length;) {
    const end = start + cutLength(text.slice(start, start + MAX), text.length - start);
    const first = mark;
    while (mark < marks.length && ((marks[mark] ?? 0) < end || end === text.length)) mark++;
    pieces.push({ text: text.slice(start, end), location, stripped: mark - first });
    start = end;
  }
  return pieces;
};

/** Where a piece may end, best first. Each is found at its end, so that the blank after it stays with it. */
const PLACES = [/\n[ \t]*\n\s*/gu, /\n/gu, /[.!?…。！？]["'”’)\]]?\s+|[。！？]/gu, /\s+/gu];

/** How much of what is left the next piece takes. `window` is its beginning: looking further would take too long on one endless line. */
const cutLength = (window: string, left: number): number => {
  if (left <= TARGET) return left;
  for (const place of PLACES) {
    const length = lastEnd(window, place);
    if (length !== undefined) return length;
  }
  return cutBefore(window, TARGET);
};

/** The last place up to the target, else the first one after it. */
const lastEnd = (window: string, place: RegExp): number | undefined => {
  let best: number | undefined;
  for (const { index, 0: found } of window.matchAll(place)) {
    const end = index + found.length;
    if (end < MIN) continue;
    if (end > TARGET && best !== undefined) break;
    best = end;
    if (end > TARGET) break;
  }
  return best;
};
