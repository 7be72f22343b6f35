import { expect, test } from 'vitest';

import { diceOf } from '../property/dice.ts';
import { aWritingPlace } from '../support/a-writing-place.ts';
import { NOTES, POINTS, WritingWorld } from '../support/a-writing-world.ts';

const WORLDS = Number(process.env['WRITING_WORLDS'] ?? 25);
const STEPS = 45;
const died = new Set<string>();
let settled = 0;

test.each(Array.from({ length: WORLDS }, (_, seed) => seed + 1))(
  'in any order of proposals, decisions, commits, crashes and edits a write is made at most once, decided, and told as it is (world %i)',
  async (seed) => {
    const world = new WritingWorld(await aWritingPlace(), diceOf(seed));
    for (const key of NOTES) {
      world.put(key);
      world.right(key, key === 'diary' ? ['ada'] : ['ada', 'bob'], ['ada', 'bob']);
    }
    await world.sync();
    for (let step = 0; step < STEPS; step++) await world.step();
    await world.end();
    settled += world.settled;
    for (const one of world.met) if (one.died) died.add(one.at);
    expect(world.broken).toEqual([]);
  },
);

test('in these worlds a process died wherever it could, and people settled what nobody could say', () => {
  expect(POINTS.filter((point) => !died.has(point))).toEqual([]);
  expect(settled).toBeGreaterThan(0);
});
