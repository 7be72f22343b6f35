import { expect, test } from 'vitest';

import { noCorners, playWorld } from './worlds.ts';

const WORLDS = 5;
const STEPS = 30;

test('search and fetch return exactly what the meaning of the acls allows, after every change of a random world', async () => {
  const corners = noCorners();
  for (let seed = 1; seed <= WORLDS; seed++) expect(await playWorld(seed, STEPS, corners)).toBeUndefined();
  const reached = [...corners.values()].filter((times) => times > 0).length;
  expect(reached, 'worlds in which nothing decides prove nothing').toBeGreaterThan(corners.size / 2);
}, 120_000);
