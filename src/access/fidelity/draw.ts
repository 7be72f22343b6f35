import type { Dice } from './dice.ts';
import type { Frame } from './frame.ts';

/** A person and a document of a frame, by their places in it. */
export interface Pair {
  readonly person: number;
  readonly cell: number;
  /** Which document of the cell. */
  readonly nth: number;
  /** How many pairs of the frame it stands for. */
  readonly weight: number;
}

/** Throws for one pair until it is given up that another new one is there. */
const TRIES = 20;

/**
 * Draws pairs: half of those that we allow and half of those that we deny, as far as there are so many of either. Of each half an acl
 * is drawn first, then one of the people it holds for or does not, then one of its documents: so what is rare is drawn too, and
 * weighs as little as it is rare. Where a half is drawn whole each pair weighs one. Weights are those of drawing with replacement,
 * though no pair is asked twice.
 */
export const drawPairs = (frame: Frame, size: number, dice: Dice): readonly Pair[] => {
  const [allowed, denied] = [halfOf(frame, true), halfOf(frame, false)];
  const ofAllowed = Math.min(allowed.pairs, Math.max(Math.ceil(size / 2), size - denied.pairs));
  return [...drawn(allowed, ofAllowed, dice), ...drawn(denied, Math.min(denied.pairs, size - ofAllowed), dice)];
};

/** How many pairs there are. */
export const pairsIn = ({ people, cells }: Frame): number =>
  people.length * cells.reduce((sum, { documents }) => sum + documents, 0);

interface Half {
  /** The cells with somebody in this half, and who. */
  readonly cells: readonly { readonly cell: number; readonly documents: number; readonly people: readonly number[] }[];
  readonly pairs: number;
}

const halfOf = ({ people, cells, may }: Frame, holds: boolean): Half => {
  const found = cells.flatMap(({ documents }, cell) => {
    const those = people.flatMap((_, person) => (may[person]?.[cell] === holds ? [person] : []));
    return those.length === 0 ? [] : [{ cell, documents, people: those }];
  });
  return { cells: found, pairs: found.reduce((sum, { documents, people: { length } }) => sum + documents * length, 0) };
};

const drawn = (half: Half, size: number, dice: Dice): Pair[] => {
  if (half.pairs <= size) return wholeOf(half);
  const found = new Map<string, Pair>();
  for (let tries = size * TRIES; tries > 0 && found.size < size; tries--) {
    const one = half.cells[dice.below(half.cells.length)];
    const person = one?.people[dice.below(one.people.length)];
    if (!one || person === undefined) break;
    const nth = dice.below(one.documents);
    const name = `${person} ${one.cell} ${nth}`;
    if (!found.has(name)) found.set(name, { person, cell: one.cell, nth, weight: one.people.length * one.documents });
  }
  const weight = [...found.values()].reduce((sum, pair) => sum + pair.weight, 0);
  return [...found.values()].map((pair) => ({ ...pair, weight: (pair.weight * half.pairs) / weight }));
};

const wholeOf = ({ cells }: Half): Pair[] =>
  cells.flatMap(({ cell, documents, people }) =>
    people.flatMap((person) => Array.from({ length: documents }, (_, nth): Pair => ({ person, cell, nth, weight: 1 }))),
  );
