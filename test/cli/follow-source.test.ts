import { expect, onTestFinished, test, vi } from 'vitest';

import { type Bell, createBell } from '../../src/cli/bell.ts';
import { type Followed, followSource } from '../../src/cli/follow-source.ts';
import { AppError } from '../../src/core/errors.ts';
import { jitterOf, type Schedule } from '../../src/core/schedule.ts';
import type { LatestRun, RunStatus } from '../../src/store/store.ts';

/** Everything happens ten times as fast. */
const PATIENCE = { quiet: 30, ceaseless: 150, other: 10, retry: 60, retryMost: 120, after: 20 };
const HOUR = 3_600_000;
const now = (): number => Date.now();

interface World {
  /** The runs of the source, whoever made them; the newest is what the index knows. */
  readonly runs: (LatestRun & { readonly by: string })[];
  /** Before then the source does not want to be asked. */
  retryAt?: number;
}

interface Given extends Partial<Pick<Followed, 'now' | 'schedule' | 'start'>> {
  /** All kinds are due so often. */
  readonly refresh?: number;
  readonly by?: string;
  /** How a run ends; it takes as long as this does. */
  readonly ends?: (asked: 'due' | 'changes') => Promise<RunStatus>;
}

const every = (ms: number): Schedule => ({ listing: ms, permissions: ms, content: ms });

/** Follows a source of a world that may have other followers. */
const aFollower = (world: World, { by = 'us', ends = async () => 'complete', refresh = HOUR, ...given }: Given = {}) => {
  const { runs } = world;
  const stop = new AbortController();
  const bell = createBell(given.now ?? now);
  const followed = followSource({
    name: 'wiki',
    bell,
    schedule: every(refresh),
    now,
    ...given,
    signal: stop.signal,
    patience: PATIENCE,
    latestRun: async () => runs.at(-1),
    nextRun: async () => {
      const whole = runs.findLast(({ status }) => status === 'complete')?.startedAt;
      const kinds = whole === undefined ? {} : { listing: whole, permissions: whole, content: whole };
      return { whole: kinds, ...(world.retryAt === undefined ? {} : { retryAt: world.retryAt }) };
    },
    run: async (asked) => {
      const latest = runs.at(-1);
      if (latest && latest.status === undefined) throw new AppError('conflict', 'another has it');
      const run = { by, startedAt: now() };
      runs.push(run);
      const status = await ends(asked);
      runs[runs.indexOf(run)] = { ...run, status };
      return status;
    },
  });
  onTestFinished(async () => {
    stop.abort();
    await followed;
  });
  return { bell, stop, followed };
};

const aWorld = (...runs: LatestRun[]): World => ({ runs: runs.map((run) => ({ ...run, by: 'them' })) });
const byUs = ({ runs }: World): number => runs.filter(({ by, status }) => by === 'us' && status !== undefined).length;
const ended = (world: World, times: number): Promise<boolean> => vi.waitUntil(() => byUs(world) >= times, 5_000);
const instants = (ms: number): Promise<void> => vi.waitFor(isPast(now() + ms), { timeout: ms + 2_000, interval: 5 });
const isPast = (at: number) => (): void => expect(now()).toBeGreaterThan(at);
const soon = async (bell: Bell): Promise<void> => {
  await instants(2); // no change is of the instant at which a run began
  bell.ring();
};

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

test('a run of another process that brought permissions alone has read no change', async () => {
  const world = aWorld({ startedAt: now() + 1, status: 'complete', alone: 'permissions' });
  aFollower(world);
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
