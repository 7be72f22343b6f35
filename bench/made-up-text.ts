import type { Embedder } from '../src/core/embedder.ts';
import { termsOf } from '../src/store/terms.ts';
import { type Dice, diceOf } from '../test/property/dice.ts';

/** As many different words as a company's texts have. */
const VOCABULARY = 20_000;
const DIMENSIONS = 384;

/** A word by its rank: what is named first occurs most often, as in real text (Zipf's law). */
export const wordOf = (rank: number): string => {
  let [rest, word] = [rank + 1, ''];
  for (; rest > 0; rest = Math.floor(rest / 20)) word += `${'bcdfglmnprstvzhjkqwx'[rest % 20]}${'aeiou'[rest % 5]}`;
  return `${word}n`;
};

/** So many words, frequent ones often. */
export const madeUpText = (dice: Dice, words: number): string =>
  Array.from({ length: words }, () => wordOf(Math.floor(VOCABULARY ** (dice.roll(1_000_000) / 1_000_000)) - 1)).join(' ');

/** As large as the real model's vectors and as far apart as their texts' words, without its 10 ms a text. */
export const madeUpEmbedder = (): Embedder => {
  const known = new Map<string, Float32Array>();
  const directionOf = (term: string): Float32Array => {
    const before = known.get(term);
    if (before) return before;
    const dice = diceOf(
      Array.from(term).reduce((hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619), 2_166_136_261),
    );
    const direction = Float32Array.from({ length: DIMENSIONS }, () => dice.roll(2001) / 1000 - 1);
    known.set(term, direction);
    return direction;
  };
  return {
    fingerprint: 'made-up/1',
    dimensions: DIMENSIONS,
    embed: async (text) => {
      const sum = new Float32Array(DIMENSIONS);
      for (const term of termsOf(text)) {
        const direction = directionOf(term);
        for (let at = 0; at < DIMENSIONS; at++) sum[at] = (sum[at] ?? 0) + (direction[at] ?? 0);
      }
      const length = Math.hypot(...sum) || 1;
      return sum.map((value) => value / length);
    },
    close: async () => undefined,
  };
};
