import { expect, test } from 'vitest';

import type { LatestRun } from '../../src/store/store.ts';
import { readSince } from '../../src/writes/read-since.ts';

const WRITTEN = 1_000;
const signal = new AbortController().signal;
const seen = (latest: LatestRun | undefined): Promise<boolean> =>
  readSince({ latestRun: async () => latest, patienceMs: 0 })('board', WRITTEN, signal);

test('only a whole run that began after the write has read it', async () => {
  expect(await seen({ startedAt: WRITTEN + 1, status: 'complete' })).toBe(true);
  expect(await seen({ startedAt: WRITTEN, status: 'complete' })).toBe(false);
  expect(await seen({ startedAt: WRITTEN - 1, status: 'complete' })).toBe(false);
  expect(await seen({ startedAt: WRITTEN + 1, status: 'complete', alone: 'permissions' })).toBe(false);
  expect(await seen({ startedAt: WRITTEN + 1, status: 'partial' })).toBe(false);
  expect(await seen({ startedAt: WRITTEN + 1, status: 'failed' })).toBe(false);
  expect(await seen({ startedAt: WRITTEN + 1 })).toBe(false);
  expect(await seen(undefined)).toBe(false);
});

test('a run that is under way is waited for, and nobody waits who has gone', async () => {
  let ended = false;
  const looks: boolean[] = [];
  const latestRun = async (): Promise<LatestRun> => {
    looks.push(ended);
    const run: LatestRun = ended ? { startedAt: WRITTEN + 1, status: 'complete' } : { startedAt: WRITTEN + 1 };
    ended = looks.length > 1;
    return run;
  };
  expect(await readSince({ latestRun, patienceMs: 600_000 })('board', WRITTEN, signal)).toBe(true);
  expect(looks).toEqual([false, false, true]);
  const gone = readSince({ latestRun: async () => ({ startedAt: 0 }), patienceMs: 600_000 });
  expect(await gone('board', WRITTEN, AbortSignal.abort())).toBe(false);
});
