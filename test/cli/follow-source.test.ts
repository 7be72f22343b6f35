import { expect, test, vi } from 'vitest';

import { type Bell, createBell } from '../../src/cli/bell.ts';
import { followSource } from '../../src/cli/follow-source.ts';
import type { RunStatus } from '../../src/store/store.ts';
import { aFollower, aWorld, byUs, ended, every, HOUR, instants, now, PATIENCE, soon } from '../support/a-follower.ts';

test('a source is read at once, and then left alone', async () => {
  const world = aWorld();
  aFollower(world);
  await ended(world, 1);
  await instants(200);
  expect(byUs(world)).toBe(1);
});

test('a change is read', async () => {
  const world = aWorld();
  const { bell } = aFollower(world);
  await ended(world, 1);
  await soon(bell);
  expect(await ended(world, 2)).toBe(true);
});

test('a change during a run is read by another one', async () => {
  const world = aWorld();
  const bells: Bell[] = [];
  let first = true;
  const ends = async (): Promise<RunStatus> => {
    if (first) for (const bell of bells) await soon(bell);
    first = false;
    return 'complete';
  };
  bells.push(aFollower(world, { ends }).bell);
  expect(await ended(world, 2)).toBe(true);
});

test('many changes are few runs, and changes without end do not put one off for ever', async () => {
  const world = aWorld();
  const { bell } = aFollower(world);
  await ended(world, 1);
  const since = now();
  let changes = 0;
  await vi.waitFor(
    () => {
      bell.ring();
      changes += 1;
      expect(byUs(world)).toBeGreaterThan(2);
    },
    { timeout: 5_000, interval: 1 },
  );
  expect(now() - since).toBeGreaterThan(PATIENCE.ceaseless);
  expect(changes).toBeGreaterThan(20);
});

test('what another process has read since the change need not be read again', async () => {
  const world = aWorld();
  const ours = aFollower(world);
  const theirs = aFollower(world, { by: 'them' });
  await vi.waitFor(() => expect(world.runs.some(({ status }) => status === 'complete')).toBe(true));
  await instants(150);
  const before = world.runs.length;
  await instants(2);
  ours.bell.ring();
  theirs.bell.ring();
  await vi.waitFor(() => expect(world.runs.length).toBeGreaterThan(before), 5_000);
  await instants(300);
  expect(world.runs.length - before).toBe(1);
});

test('a run of another process that began before the change, or failed, or was cut short, does not count', async () => {
  const began = now() - 1_000;
  for (const latest of [
    { startedAt: began, status: 'complete' as const },
    { startedAt: now() + 1, status: 'failed' as const },
    { startedAt: now() + 1, status: 'partial' as const },
  ]) {
    const world = aWorld(latest);
    aFollower(world);
    expect(await ended(world, 1)).toBe(true);
  }
});

test('a run that seems to have begun in the future does not count, since a clock was set back', async () => {
  const world = aWorld({ startedAt: now() + HOUR, status: 'complete' });
  aFollower(world);
  expect(await ended(world, 1)).toBe(true);
});

test('a change is read although the clock was set back since the last run', async () => {
  const world = aWorld();
  let back = 0;
  const { bell } = aFollower(world, { now: () => now() - back });
  await ended(world, 1);
  await instants(100);
  back = HOUR;
  bell.ring();
  expect(await ended(world, 2)).toBe(true);
});

test('a run before a change does not count when the clock that was set back has come to it again', async () => {
  const world = aWorld();
  let back = 0;
  const { bell } = aFollower(world, { now: () => now() - back });
  await ended(world, 1);
  await instants(150);
  back = now() - (world.runs[0]?.startedAt ?? 0) + 10; // a moment before that run
  bell.ring();
  expect(await ended(world, 2)).toBe(true);
});

test('a source that another process is reading is tried again when that is over', async () => {
  const world = aWorld({ startedAt: now() });
  aFollower(world);
  await instants(50);
  expect(byUs(world)).toBe(0);
  world.runs[0] = { startedAt: 0, status: 'complete', by: 'them' };
  expect(await ended(world, 1)).toBe(true);
});

test('a failed run is tried again, more and more seldom', async () => {
  const world = aWorld();
  aFollower(world, { ends: async () => 'failed' });
  await ended(world, 4);
  const began = world.runs.map(({ startedAt }) => startedAt);
  const waits = began.slice(1).map((at, place) => at - (began[place] ?? 0));
  expect(waits[0]).toBeGreaterThanOrEqual(PATIENCE.retry - 5);
  expect(waits[1]).toBeGreaterThanOrEqual(2 * PATIENCE.retry - 5);
});

test('a change is read although the run before it failed and its repetition is far', async () => {
  const world = aWorld();
  let status: RunStatus = 'failed';
  const { bell } = aFollower(world, { ends: async () => status, refresh: HOUR });
  await ended(world, 3); // the next is twice as far
  status = 'complete';
  await soon(bell);
  await vi.waitFor(() => expect(world.runs.at(-1)?.status).toBe('complete'), 5_000);
});

test('a source is read again before its promise ends, whether it changed or not', async () => {
  const world = aWorld();
  aFollower(world, { refresh: 50 });
  await ended(world, 3);
  const [first, second] = world.runs;
  expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(45);
});

test('it ends soon after it was told to, and with what broke', async () => {
  const { stop, followed } = aFollower(aWorld());
  stop.abort();
  await expect(followed).resolves.toBeUndefined();
  const broken = followSource({
    name: 'wiki',
    bell: createBell(now),
    schedule: every(HOUR),
    now,
    signal: new AbortController().signal,
    latestRun: async () => undefined,
    nextRun: async () => undefined,
    run: () => Promise.reject(new Error('a bug')),
  });
  await expect(broken).rejects.toThrow('a bug');
});
