import { setImmediate } from 'node:timers/promises';

import type { Change } from '../core/change.ts';
import type { Connector, Due, Fetch, Run } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import { DEFAULT_FRESHNESS } from '../core/freshness.ts';
import { type Asked, dueOf, type Schedule } from '../core/schedule.ts';
import type { Notice } from '../core/notice.ts';
import { refuseEveryHost } from '../sources/fetch.ts';
import type { RunEnd, RunStatus, SourceWriter, Store } from '../store/store.ts';
import { type Batch, createBatch } from './batch.ts';
import { messageOf } from './check.ts';
import { createDrift, type DriftCounter } from './drift.ts';
import { createIntake, type Intake } from './intake.ts';
import { hostsOf } from './prepare.ts';
import { type Progress, teller } from './progress.ts';
import { PAUSE, type Steps, stepsOf } from './steps.ts';
import { createTally, type Tally } from './tally.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

/** A run in which nothing happens for so long is over, in ms: no change came, and no call was answered. Every call ends sooner by itself. */
const STALLED = 15 * 60_000;
/** No source is believed about a later time, in ms from now. */
const RETRY_LATEST = 24 * 3_600_000;

/** A configured source, ready to be read. */
interface SourceToSync<Settings> {
  readonly name: string;
  readonly settings: Settings;
  /** Where relative paths of the settings start. */
  readonly folder: string;
  /** The address of a document that has none: `<id>` and `<key>` are filled in. */
  readonly urlTemplate?: string;
  /** Hosts whose addresses may stay in texts, besides the connector's own. */
  readonly hosts?: readonly string[];
  readonly maxDeleteRatio?: number;
  /** What is brought, whatever its schedule says. */
  readonly due?: Due;
  /** Absent: it is listed whole once, and whenever that was refused. */
  readonly schedule?: Schedule;
  readonly asked?: Asked;
  /** Standard input as a file, where the source is read from it. */
  readonly input?: string;
}

export interface SyncOptions<Settings, Cursor> {
  readonly store: Store;
  readonly connector: Connector<Settings, Cursor>;
  readonly source: SourceToSync<Settings>;
  /** ms since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Sweep what a whole listing did not name, however much it is. */
  readonly acceptDeletions?: boolean;
  readonly fetch?: Fetch;
  readonly notice?: (notice: Notice) => void;
  /** In ms. */
  readonly stalledAfter?: number;
  /** Counts what the run meets, where something else of it is counted there too. */
  readonly drift?: DriftCounter;
}

/** The end of a run, and what threw where it failed. */
export interface SyncEnd extends RunEnd {
  readonly cause?: unknown;
}

/**
 * Brings what a source says into the index, and says how that went. Rejects only where the index itself fails,
 * or another process holds the source.
 */
export const runSync = async <Settings, Cursor>(options: SyncOptions<Settings, Cursor>): Promise<SyncEnd> => {
  const { store, connector, source, now, onProgress, stalledAfter = STALLED, drift = createDrift() } = options;
  const writer = await store.open(source.name, connector.name, now(), decisionOf(options));
  const tally = createTally();
  const tell = teller(onProgress, now);
  const progress = (last?: boolean): void => tell({ ...tally.counts, source: source.name, phase: 'read' }, last);
  const endOf = (status: RunStatus): RunEnd => ({
    status,
    counts: { ...tally.counts },
    problems: [...tally.problems],
    ...driftOf(drift),
  });
  const dog = createWatchdog(source.name, stalledAfter);
  const signal = AbortSignal.any([options.signal, dog.signal]);
  try {
    const { status, cause, whole } = await readAll({ ...options, signal }, { writer, tally, drift, progress, dog });
    const end = { ...endOf(status), ...retryOf(cause, now()) };
    await writer.finish(end, now(), whole);
    progress(true);
    return cause === undefined ? end : { ...end, cause };
  } catch (error) {
    tally.problem({ message: messageOf(error) });
    await writer.finish(endOf('failed'), now()).catch(() => undefined); // the first failure is the one to tell
    throw error;
  } finally {
    dog.close();
  }
};

/** What is brought, once it is known how the source stands; undefined leaves that to the store. */
const decisionOf = <Settings, Cursor>({
  connector,
  source,
  now,
}: SyncOptions<Settings, Cursor>): Parameters<Store['open']>[3] => {
  const { due, schedule, asked = 'changes' } = source;
  if (due) return () => due;
  return schedule && ((standing) => dueOf(standing, { asked, schedule, apart: connector.apart === true, now: now() }));
};

/** When the source asked to be left alone until, where that is what ended the run. */
const retryOf = (cause: unknown, now: number): Pick<RunEnd, 'retryAt'> => {
  if (!(cause instanceof AppError) || cause.retryAt === undefined || !(cause.retryAt > now)) return {};
  return { retryAt: Math.min(cause.retryAt, now + RETRY_LATEST) };
};

/** A run that met nothing says nothing of it. */
const driftOf = (drift: DriftCounter): Pick<RunEnd, 'drift'> => {
  const counted = drift.counted();
  return counted.met.length === 0 ? {} : { drift: counted };
};

/** What a run has at hand. */
export interface Running {
  readonly writer: SourceWriter;
  readonly tally: Tally;
  readonly drift: DriftCounter;
  readonly progress: (last?: boolean) => void;
  readonly dog: Watchdog;
}

interface Ended {
  readonly status: RunStatus;
  /** Whether all it was to bring came, but for documents that are named as problems. */
  readonly whole: boolean;
  readonly cause?: unknown;
}

/** Reads the connector's stream to its end, its failure, or the signal. */
const readAll = async <Settings, Cursor>(options: SyncOptions<Settings, Cursor>, running: Running): Promise<Ended> => {
  const { connector, source, signal } = options;
  const { writer, tally, progress, dog } = running;
  const { due } = writer;
  const batch = createBatch({
    writer,
    tally,
    preparing: {
      source: source.name,
      hosts: hostsOf(connector, source),
      urlTemplate: source.urlTemplate ?? 'castellan:<id>',
      due,
      signal,
      problem: (problem) => tally.problem(problem),
    },
    clock: () => performance.now(),
    committed: async () => {
      dog.alive();
      progress();
      await setImmediate(); // timers and signals get their turn
    },
  });
  const intake = createIntake(options, running, batch);
  const steps = stepsOf(() => connector.sync(runOf(options, running)), signal);
  try {
    const failed = await drain(steps, batch, intake, dog);
    await batch.flush();
    if (failed) {
      running.drift.problem(failed.error);
      tally.problem({
        message: failed.error instanceof AppError ? failed.error.message : `The connector failed: ${messageOf(failed.error)}`,
      });
      return { status: 'failed', whole: false, cause: failed.error };
    }
    await intake.end();
    if (mayLand(options, running, intake)) await writer.land();
    return { status: tally.counts.problems === 0 ? 'complete' : 'partial', whole: !intake.lost };
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    if (dog.signal.aborted && error === dog.signal.reason) {
      tally.problem({ message: messageOf(error) });
      return { status: 'failed', whole: false, cause: error };
    }
    tally.problem({ message: `The run was interrupted; nothing is lost. To go on: castellan sync ${source.name}` });
    return { status: 'partial', whole: false };
  } finally {
    await steps.close();
  }
};

/** Of whoever lost something and does not find it again, so much later nothing is waited for, in ms: by then it is past the usual promise. */
const LOST_LONG = DEFAULT_FRESHNESS.permissions.within;

/**
 * May what the run and those before it would widen hold from now on? Not where only contents were read, nor where nobody can say
 * whose permissions were lost: those that stand there still are of before.
 */
const mayLand = <Settings, Cursor>(
  { now }: SyncOptions<Settings, Cursor>,
  { writer: { due, whole } }: Running,
  { lost }: Intake<Cursor>,
): boolean => due.permissions && (!lost || whole.permissions === undefined || now() - whole.permissions > LOST_LONG);

/** Takes in all changes; gives the connector's error where it ended by one. */
const drain = async <Cursor>(
  steps: Steps<Change<Cursor>>,
  batch: Batch,
  intake: Intake<Cursor>,
  dog: Watchdog,
): Promise<{ readonly error: unknown } | undefined> => {
  for (;;) {
    const step = await steps.next(batch.wait).catch((error: unknown) => ({ error }));
    if (step === undefined) return undefined;
    if (step !== PAUSE) dog.alive();
    if (step === PAUSE) await batch.flush();
    else if ('error' in step) {
      intake.signal.throwIfAborted();
      return step;
    } else await intake.take(step.value);
  }
};

/** What the connector gets. A cursor it cannot read any more is no cursor: it begins anew. */
const runOf = <Settings, Cursor>(
  { connector, source, now, signal, fetch = refuseEveryHost, notice = () => undefined }: SyncOptions<Settings, Cursor>,
  { writer, drift, dog }: Running,
): Run<Settings, Cursor> => {
  const cursor = writer.cursor === undefined ? undefined : connector.cursor.safeParse(writer.cursor).data;
  return {
    source: source.name,
    settings: source.settings,
    folder: source.folder,
    ...(cursor !== undefined && { cursor }),
    due: writer.due,
    ...(source.input !== undefined && { input: source.input }),
    // However little a connector thinks of it, what it asks ends with its run.
    fetch: (input, init) =>
      fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal }).finally(dog.alive),
    notice: (told) => {
      drift.notice(told);
      notice(told);
    },
    now: () => new Date(now()),
    signal,
  };
};
