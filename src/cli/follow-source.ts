import { AppError } from '../core/errors.ts';
import type { LatestRun, RunStatus } from '../store/store.ts';
import { type Bell, pause } from './bell.ts';

/** How patient following is, all in ms. */
interface Patience {
  /** After a change this long nothing more must come before it is read … */
  readonly quiet: number;
  /** … but changes without end do not put it off for longer. */
  readonly ceaseless: number;
  /** Between looks at a run of another process. */
  readonly other: number;
  /** After a failed run; doubled with each further one, up to `retryMost`. */
  readonly retry: number;
  readonly retryMost: number;
}

const PATIENCE: Patience = { quiet: 300, ceaseless: 1_500, other: 250, retry: 5_000, retryMost: 300_000 };

/** A source that changes all the time is left alone as long as its last run took, but no longer than this. */
const REST_MAX = 30_000;
/** A timer sleeps while the machine does; so the clock is looked at now and then. */
const LOOK_MAX = 60_000;

/** One source, and how to read it. */
export interface Followed {
  readonly bell: Bell;
  /** A run that began longer ago is to be repeated, in ms. */
  readonly refresh: number;
  /** ms since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  latestRun(): Promise<LatestRun | undefined>;
  /** Reads the source and says how that ended. Rejects with `conflict` while somebody else does. */
  run(): Promise<RunStatus>;
  readonly patience?: Patience;
}

/** Reads a source now, and again whenever it changes or grows old, until `signal` aborts. */
export const followSource = async ({ patience = PATIENCE, ...followed }: Followed): Promise<void> => {
  const { bell, refresh, now, signal } = followed;
  let failures = 0;
  let readAt = -Infinity;
  while (!signal.aborted) {
    const began = now();
    const read = await bringIn(followed, readAt, patience);
    if (!read) return;
    readAt = now();
    failures = read.failed ? failures + 1 : 0;
    await pause(Math.min(now() - began, REST_MAX), signal);
    const retry = read.failed ? now() + Math.min(patience.retry * 2 ** (failures - 1), patience.retryMost) : Infinity;
    const due = Math.min(read.since + refresh, retry);
    // A clock that was set back says nothing of how much time has passed: then it is read again.
    while (!signal.aborted && bell.rings === read.rings && read.since <= now() && now() < due) {
      await bell.wait(Math.min(due - now(), LOOK_MAX), signal);
    }
    if (bell.rings > read.rings) await quietOf(bell, patience, { now, signal });
  }
};

/** A run that has read all that had changed when it began. */
interface Read {
  readonly since: number;
  /** How often the bell had been rung by then. */
  readonly rings: number;
  readonly failed: boolean;
}

/**
 * Runs, unless another process's run that began after the change is whole: several servers on one data folder need not each
 * read everything. What had begun by `readAt` was known before, whatever the clock says now. Undefined when aborted.
 */
const bringIn = async (
  { bell, refresh, now, signal, latestRun, run }: Omit<Followed, 'patience'>,
  readAt: number,
  { other }: Patience,
): Promise<Read | undefined> => {
  while (!signal.aborted) {
    const latest = await latestRun();
    if (latest && latest.status === undefined) {
      await pause(other, signal); // it holds the source, whatever it began with
      continue;
    }
    const { rings } = bell;
    const asked = Math.max(bell.rungAt, now() - refresh, readAt);
    // One that began in the future was told so by a clock that was set back since.
    if (latest?.status === 'complete' && latest.startedAt > asked && latest.startedAt <= now()) {
      return { since: latest.startedAt, rings, failed: false };
    }
    const since = now();
    try {
      return { since, rings, failed: (await run()) === 'failed' };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'conflict')) throw error;
      await pause(other, signal);
    }
  }
  return undefined;
};

/** Waits until changes have stopped coming, or have come for too long. */
const quietOf = async (
  bell: Bell,
  { quiet, ceaseless }: Patience,
  { now, signal }: Pick<Followed, 'now' | 'signal'>,
): Promise<void> => {
  const first = now();
  for (let heard = -1; heard !== bell.rings && Math.abs(now() - first) < ceaseless && !signal.aborted;) {
    heard = bell.rings;
    await pause(quiet, signal);
  }
};
