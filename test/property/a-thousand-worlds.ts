import { expect } from 'vitest';

import { noCorners, unreached } from './corners.ts';
import { WORLD_STEPS } from './pieces.ts';
import { playWorld } from './worlds.ts';

/** `npm test` plays a thousand: half of them in one file, half in another, so that two processes share them. */
const HALF = 500;

/** Plays one half; every corner must have decided in it. */
export const expectWorldsToAgree = async (half: 0 | 1): Promise<void> => {
  const corners = noCorners();
  for (let seed = 1 + half * HALF; seed <= (half + 1) * HALF; seed++) {
    expect(await playWorld(seed, { steps: WORLD_STEPS, corners })).toBeUndefined();
  }
  corners.delete('by another process'); // `npm run prove` has one
  expect(unreached(corners), 'a corner that nothing reached is not proven').toEqual([]);
};
