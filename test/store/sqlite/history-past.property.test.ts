import { expect, test } from 'vitest';

import { rememberWorld } from '../../support/past-worlds.ts';

/** `PAST_WORLDS=1000` plays more of them. */
const WORLDS = Number(process.env['PAST_WORLDS'] ?? 4);

test(
  'whatever was written, what is remembered of every version is what the rule was given then',
  { timeout: 600_000 },
  async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= WORLDS; seed++) {
      const difference = await rememberWorld(seed, 20);
      if (difference !== undefined) wrong.push(difference);
    }
    expect(wrong).toEqual([]);
  },
);
