import { expect, test } from 'vitest';

import { shareOf, weighedShare, wilson } from '../../../src/access/fidelity/wilson.ts';

const rounded = ({ share, low, high }: ReturnType<typeof wilson>): number[] =>
  [share, low, high].map((one) => Math.round(one * 10_000) / 10_000);

/** By hand: the two places where a binomial proportion lies exactly 1.96 of its own standard deviations from what was seen. */
const bySearch = (seen: number, of: number): [number, number] => {
  const isWithin = (true_: number): boolean => Math.abs(seen / of - true_) <= 1.959_964 * Math.sqrt((true_ * (1 - true_)) / of);
  const all = Array.from({ length: 10_001 }, (_, at) => at / 10_000).filter(isWithin);
  return [all[0] ?? 0, all.at(-1) ?? 0];
};

test.each([
  [0, 10],
  [1, 10],
  [5, 10],
  [197, 200],
  [200, 200],
  [1, 1],
])('the interval of %i of %i is where the truth may lie', (seen, of) => {
  const [low, high] = bySearch(seen, of);
  const found = wilson(seen / of, of);
  expect(found.low).toBeCloseTo(low, 3);
  expect(found.high).toBeCloseTo(high, 3);
});

test('of nothing nothing is known', () => {
  expect(shareOf(0, 0)).toBeUndefined();
  expect(weighedShare([])).toBeUndefined();
});

test('pairs that weigh alike are no other sample, and those that do not tell less', () => {
  const answers = Array.from({ length: 10 }, (_, at) => ({ agrees: at > 0, weight: 7 }));
  expect(rounded(weighedShare(answers) ?? wilson(0, 1))).toEqual(rounded(wilson(0.9, 10)));
  const heavy = answers.map((one, at) => ({ ...one, weight: at === 0 ? 1 : at === 1 ? 91 : 1 }));
  const found = weighedShare(heavy) ?? wilson(0, 1);
  expect(found.share).toBeCloseTo(0.99, 5);
  expect(found.high - found.low).toBeGreaterThan(0.5);
});
