import { AppError } from '../core/errors.ts';
import { jitterOf, nextDueAt, type Schedule } from '../core/schedule.ts';
import type { LatestRun, NextRun, RunStatus } from '../store/store.ts';
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
  /** After the time at which a source said it could be asked again, at most. */
  readonly after: number;
}

const PATIENCE: Patience = { quiet: 300, ceaseless: 1_500, other: 250, retry: 5_000, retryMost: 300_000, after: 1_000 };

/** A source that changes all the time is left alone as long as its last run took, but no longer than this. */
const REST_MAX = 30_000;
/** A timer sleeps while the machine does; so the clock is looked at now and then. */
const LOOK_MAX = 60_000;
/** A wait after a failure is longer by up to this part of it, each time by another: sources that fell together do not come back together. */
const SPREAD = 0.25;
/** A time that a source named and that is further off was written by a clock that was set back since. */
const RETRY_LATEST = 24 * 3_600_000;

/** One source, and how to read it. */
export interface Followed {
  readonly name: string;
  readonly bell: Bell;
  readonly schedule: Schedule;
  /** Before it is read for the first time, in ms. */
  readonly start?: number;
  /** ms since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  latestRun(): Promise<LatestRun | undefined>;
  nextRun(): Promise<NextRun | undefined>;
  /** Reads the source and says how that ended. Rejects with `conflict` while somebody else does. */
  run(asked: 'due' | 'changes'): Promise<RunStatus>;
  readonly patience?: Patience;
}

/** Reads a source now, and again whenever it changes or one kind of it comes due, until `signal` aborts. */
export const followSource = async ({ patience = PATIENCE, start = 0, ...followed }: Followed): Promise<void> => {
  const { bell, now, signal } = followed;
  await pause(start, signal);
  let failures = 0;
  let before: Before = { rings: -1, at: -Infinity };
  while (!signal.aborted) {
    const began = now();
    const read = await bringIn(followed, before, patience);
    if (!read) return;
    failures = read.status === 'failed' ? failures + 1 : 0;
    before = { rings: failures > 0 ? before.rings : read.rings, at: now() }; // a change that could not be read still is one
    await pause(Math.min(now() - began, REST_MAX), signal);
    const due = failures > 0 ? await retryAt(followed, failures, patience) : await comesDue(followed, read);
    // A clock that was set back says nothing of how much time has passed: then it is read again.
    while (!signal.aborted && bell.rings === read.rings && read.since <= now() && now() < due) {
      await bell.wait(Math.min(due - now(), LOOK_MAX), signal);
    }
    if (bell.rings > read.rings) await quietOf(bell, patience, { now, signal });
  }
};

/** What was known when the source was read last. */
interface Before {
  /** How often the bell had been rung. */
  readonly rings: number;
  readonly at: number;
}

/** A run that has read all that had changed, or was due, when it began. */
interface Read {
  readonly since: number;
  /** How often the bell had been rung by then. */
  readonly rings: number;
  readonly status: RunStatus;
}

/**
 * Runs, unless another process's run has brought what this one would: several servers on one data folder need not each read
 * everything. A source that asked for quiet gets it, whatever rings. Undefined when aborted.
 */
const bringIn = async (
  followed: Omit<Followed, 'patience' | 'start'>,
  before: Before,
  patience: Patience,
): Promise<Read | undefined> => {
  const { bell, now, signal, latestRun, nextRun, run } = followed;
  while (!signal.aborted) {
    const latest = await latestRun();
    if (latest && latest.status === undefined) {
      await pause(patience.other, signal); // it holds the source, whatever it began with
      continue;
    }
    const next = await nextRun();
    const quiet = quietUntil(followed, next, patience);
    if (quiet > now()) {
      await pause(Math.min(quiet - now(), LOOK_MAX), signal);
      continue;
    }
    const { rings } = bell;
    const asked = rings > before.rings ? 'changes' : 'due';
    if (asked === 'changes' && latest && hasRead(latest, Math.max(bell.rungAt, before.at), now())) {
      return { since: latest.startedAt, rings, status: 'complete' };
    }
    const since = now();
    if (asked === 'due' && latest?.status === 'complete' && next && nextDue(followed, next) > since) {
      return { since, rings, status: 'complete' };
    }
    try {
      return { since, rings, status: await run(asked) };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'conflict')) throw error;
      await pause(patience.other, signal);
    }
  }
  return undefined;
};

/**
 * Has a run read all that had changed by then? What had begun when we read last was known before, whatever the clock says now;
 * one that began in the future was told so by a clock that was set back since.
 */
const hasRead = ({ startedAt, status, alone }: LatestRun, then: number, now: number): boolean =>
  status === 'complete' && alone === undefined && startedAt > then && startedAt <= now;

const nextDue = ({ name, schedule, now }: Pick<Followed, 'name' | 'schedule' | 'now'>, { whole }: NextRun): number =>
  nextDueAt(whole, schedule, { early: jitterOf(name), now: now() });

/** Until when the source asked not to be asked, and a moment more; 0 where it did not. */
const quietUntil = ({ name, now }: Pick<Followed, 'name' | 'now'>, next: NextRun | undefined, { after }: Patience): number => {
  const retryAt = next?.retryAt ?? 0;
  return retryAt <= now() + RETRY_LATEST && retryAt > 0 ? retryAt + after * jitterOf(name) : 0;
};

/** When what failed is tried again: when its source said, or later and later. */
const retryAt = async (followed: Omit<Followed, 'patience' | 'start'>, failures: number, patience: Patience): Promise<number> => {
  const { name, now, nextRun } = followed;
  const quiet = quietUntil(followed, await nextRun(), patience);
  if (quiet > now()) return quiet;
  const wait = Math.min(patience.retry * 2 ** (failures - 1), patience.retryMost);
  return now() + wait * (1 + SPREAD * jitterOf(`${name} ${failures}`));
};

/** When the first kind comes due after a run. What it did not bring whole is not tried again at once, though it is due. */
const comesDue = async (followed: Omit<Followed, 'patience' | 'start'>, { since, status }: Read): Promise<number> => {
  const { schedule, nextRun } = followed;
  const whole = (await nextRun())?.whole ?? {};
  const { listing = since, permissions = since, content = since } = whole; // what a source has none of is asked for as if it had
  const next = nextDue(followed, { whole: { listing, permissions, content } });
  return status === 'complete' ? next : Math.max(next, since + Math.min(...Object.values(schedule)));
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
