/** Reproducible chance: the same seed throws the same dice. */
export interface Dice {
  /** A whole number from 0 to `below` − 1. */
  roll(below: number): number;
  chance(of: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** Between `least` and `most` different ones. */
  some<T>(from: readonly T[], least: number, most: number): T[];
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for a world. */
export const diceOf = (seed: number): Dice => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const roll = (below: number): number => Math.floor(next() * below);
  return {
    roll,
    chance: (of) => next() < of,
    pick: (from) => from[roll(from.length)] ?? from[0],
    some: (from, least, most) => {
      const rest = [...from];
      const count = Math.min(rest.length, least + roll(most - least + 1));
      return Array.from({ length: count }, () => rest.splice(roll(rest.length), 1)).flat();
    },
  };
};
