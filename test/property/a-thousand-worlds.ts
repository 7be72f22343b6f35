import { noCorners, unreached } from './corners.ts';
import { WORLD_STEPS } from './pieces.ts';
import { type Disagreement, playWorld } from './worlds.ts';

/** `npm test` plays a thousand: half of them in one file, half in another, so that two processes share them. */
const HALF = 500;

export interface HalfPlayed {
  readonly disagreement: Disagreement | undefined;
  readonly unreached: readonly string[];
}

/** What it is like when product and model agree, and nothing that the worlds are for was left out. */
export const AGREED: HalfPlayed = { disagreement: undefined, unreached: [] };

/** Plays one half, up to the first disagreement. */
export const playHalf = async (half: 0 | 1): Promise<HalfPlayed> => {
  const corners = noCorners();
  for (let seed = 1 + half * HALF; seed <= (half + 1) * HALF; seed++) {
    const disagreement = await playWorld(seed, { steps: WORLD_STEPS, corners });
    if (disagreement) return { disagreement, unreached: [] };
  }
  corners.delete('by another process'); // `npm run prove` has one
  return { disagreement: undefined, unreached: unreached(corners) };
};
