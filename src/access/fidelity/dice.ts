import { createHash } from 'node:crypto';

/** Chances that fall again as they fell before, for the same seed. */
export interface Dice {
  /** A whole number from 0 to one less than `sides`; 0 where there is no side. */
  below(sides: number): number;
}

/** 48 bits a throw: enough for the pairs of any company. */
const BYTES = 6;
const RANGE = 2 ** (8 * BYTES);

/** Makes them of a seed. */
export const diceOf = (seed: string): Dice => {
  let thrown = 0;
  return {
    below: (sides) => {
      const digest = createHash('sha256').update(`${seed} ${thrown++}`).digest();
      return Math.floor((digest.readUIntBE(0, BYTES) / RANGE) * sides);
    },
  };
};

/** At most so many of them, each as likely as any other; a shorter list stays as it is. */
export const someOf = <T>(all: Iterable<T>, most: number, dice: Dice): T[] => {
  const kept: T[] = [];
  let seen = 0;
  for (const one of all) {
    seen += 1;
    if (kept.length < most) {
      kept.push(one);
      continue;
    }
    const place = dice.below(seen);
    if (place < most) kept[place] = one;
  }
  return kept;
};
