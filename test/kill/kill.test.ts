import { afterAll, beforeAll, expect, test } from 'vitest';

import { differences } from './dump.ts';
import { killRound, type Outcome } from './kill.ts';
import { widened } from './readings.ts';
import { openStates, type States } from './states.ts';

/** A few rounds of what `npm run prove:kill` plays in many. */
const PATIENCE = 60_000;

let states: States;
beforeAll(async () => {
  states = await openStates('none');
}, PATIENCE);
afterAll(() => states.close());

const died = ({ deaths }: Outcome): boolean[] => deaths.map(({ inside }) => inside);

test(
  'a sync killed inside a transaction, and its resume as well, equal no kill once they are resumed',
  { timeout: PATIENCE },
  async () => {
    const outcome = await killRound(states, { seed: 1, what: 'next sync', at: '2:INSERT INTO posting', twice: true });
    expect(outcome.faults).toEqual([]);
    expect(died(outcome)).toEqual([true, expect.any(Boolean)]);
  },
);

test('a search killed while it is recorded leaves an audit that holds', { timeout: PATIENCE }, async () => {
  const outcome = await killRound(states, { seed: 1, what: 'search', at: '1:INSERT INTO personal' });
  expect(outcome.faults).toEqual([]);
  expect(died(outcome)).toEqual([true]);
});

test('a difference is told, whichever side has more', () => {
  expect(differences(['a', 'b', 'b'], ['b', 'c'])).toEqual(['lost: a', 'lost: b', 'too much: c']);
  expect(differences(['a', 'b'], ['a', 'b'])).toEqual([]);
});

test('an access that was neither before nor after is told, and a new text shown to somebody who loses it', () => {
  const before = new Map([
    ['ada plan', 'old'],
    ['bob plan', 'old'],
  ]);
  const after = new Map([['ada plan', 'new']]);
  expect(widened(before, before, after)).toEqual([]);
  expect(widened(after, before, after)).toEqual([]);
  expect(widened(new Map([['bob plan', 'new']]), before, after)).toEqual(['bob plan is read in its new text']);
  expect(widened(new Map([['eve plan', 'old']]), before, after)).toEqual(['eve plan is read, and neither before nor after']);
});
