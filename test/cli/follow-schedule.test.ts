import { expect, test, vi } from 'vitest';

import { jitterOf } from '../../src/core/schedule.ts';
import type { RunStatus } from '../../src/store/store.ts';
import { aFollower, aWorld, ended, HOUR, now, soon } from '../support/a-follower.ts';

test('a run of another process that brought permissions alone has read no change', async () => {
  const world = aWorld();
  const { bell } = aFollower(world, { start: 50 }); // so that it looks after that run
  world.runs.push({ by: 'them', startedAt: bell.rungAt + 1, status: 'complete', alone: 'permissions' });
  expect(await ended(world, 1)).toBe(true);
});

test('what another process has brought since it came due need not be brought again', async () => {
  const world = aWorld();
  aFollower(world, { refresh: 300 });
  await ended(world, 1);
  await vi.waitFor(() => expect(now() - (world.runs[0]?.startedAt ?? 0)).toBeGreaterThan(150), { timeout: 5_000, interval: 5 });
  world.runs.push({ by: 'them', startedAt: now(), status: 'complete' });
  const theirs = world.runs.at(-1)?.startedAt ?? 0;
  await ended(world, 2);
  expect((world.runs.at(-1)?.startedAt ?? 0) - theirs).toBeGreaterThanOrEqual(300 * 0.9 - 5);
});

test('the first run is asked for changes, those that come due for what is due, and a bell for changes again', async () => {
  const world = aWorld();
  const asked: string[] = [];
  const ends = async (what: string): Promise<RunStatus> => {
    asked.push(what);
    return 'complete';
  };
  const { bell } = aFollower(world, { schedule: { listing: HOUR, permissions: 100, content: HOUR }, ends });
  await ended(world, 3);
  expect(asked.slice(0, 3)).toEqual(['changes', 'due', 'due']);
  const before = asked.length;
  await soon(bell);
  await vi.waitFor(() => expect(asked.slice(before)).toContain('changes'), 5_000);
});

test('a change whose run failed is asked for again, and not only what is due then', async () => {
  const world = aWorld();
  const asked: string[] = [];
  const ends = async (what: string): Promise<RunStatus> => {
    asked.push(what);
    return asked.length < 3 ? 'failed' : 'complete';
  };
  aFollower(world, { schedule: { listing: HOUR, permissions: 50, content: HOUR }, ends });
  await ended(world, 4);
  expect(asked.slice(0, 4)).toEqual(['changes', 'changes', 'changes', 'due']);
});

test('a source that asked for quiet is not asked before, whatever rings, and soon after', async () => {
  const world = aWorld();
  const until = now() + 400;
  world.retryAt = until;
  const { bell } = aFollower(world, {
    ends: async () => {
      delete world.retryAt;
      return 'complete';
    },
  });
  await soon(bell);
  await ended(world, 1);
  expect(world.runs[0]?.startedAt).toBeGreaterThanOrEqual(until);
});

test('a failed run is not tried before its source said, though that is later than it would be, nor much after', async () => {
  const world = aWorld();
  let first = true;
  let until = 0;
  aFollower(world, {
    ends: async () => {
      if (!first) return 'complete';
      first = false;
      until = now() + 500;
      world.retryAt = until;
      return 'failed';
    },
  });
  await ended(world, 2);
  expect(world.runs[1]?.startedAt).toBeGreaterThanOrEqual(until);
});

test('a time to come again that a clock set back has put far off is not waited for', async () => {
  const world = aWorld();
  world.retryAt = now() + 48 * HOUR;
  aFollower(world);
  expect(await ended(world, 1)).toBe(true);
});

test('a partial run is not repeated at once, though what it lacks is due', async () => {
  const world = aWorld();
  aFollower(world, { ends: async () => 'partial', refresh: 400 });
  await ended(world, 2);
  const [first, second] = world.runs;
  expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(395);
});

test('a source waits for its start, and names start at different times, always the same', async () => {
  const world = aWorld();
  const began = now();
  aFollower(world, { start: 200 });
  await ended(world, 1);
  expect(world.runs[0]?.startedAt ?? 0).toBeGreaterThanOrEqual(began + 195);
  const names = Array.from({ length: 200 }, (_, number) => `source-${number}`);
  const starts = names.map(jitterOf);
  expect(starts).toEqual(names.map(jitterOf));
  expect(Math.min(...starts)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...starts)).toBeLessThan(1);
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const within = starts.filter((start) => Math.floor(start * 10) === tenth).length;
    expect(within, `of 200 names, between ${tenth} and ${tenth + 1} tenths`).toBeGreaterThan(5);
  }
});
