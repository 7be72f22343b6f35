import { expect, onTestFinished, vi } from 'vitest';

import { type Bell, createBell } from '../../src/cli/bell.ts';
import { type Followed, followSource } from '../../src/cli/follow-source.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Schedule } from '../../src/core/schedule.ts';
import type { LatestRun, RunStatus } from '../../src/store/store.ts';

/** Everything happens ten times as fast. */
export const PATIENCE = { quiet: 30, ceaseless: 150, other: 10, retry: 60, retryMost: 120, after: 20 };
export const HOUR = 3_600_000;
export const now = (): number => Date.now();

export interface World {
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

export const every = (ms: number): Schedule => ({ listing: ms, permissions: ms, content: ms });

/** Follows a source of a world that may have other followers. */
export const aFollower = (world: World, { by = 'us', ends = async () => 'complete', refresh = HOUR, ...given }: Given = {}) => {
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

export const aWorld = (...runs: LatestRun[]): World => ({ runs: runs.map((run) => ({ ...run, by: 'them' })) });
export const byUs = ({ runs }: World): number => runs.filter(({ by, status }) => by === 'us' && status !== undefined).length;
export const ended = (world: World, times: number): Promise<boolean> => vi.waitUntil(() => byUs(world) >= times, 5_000);
export const instants = (ms: number): Promise<void> => vi.waitFor(isPast(now() + ms), { timeout: ms + 2_000, interval: 5 });
const isPast = (at: number) => (): void => expect(now()).toBeGreaterThan(at);
export const soon = async (bell: Bell): Promise<void> => {
  await instants(2); // no change is of the instant at which a run began
  bell.ring();
};
