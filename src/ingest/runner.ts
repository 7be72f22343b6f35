import { setImmediate } from 'node:timers/promises';

import type { Change } from '../core/change.ts';
import type { Connector, Due, Fetch, Run } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import type { Notice } from '../core/notice.ts';
import { refuseEveryHost } from '../sources/fetch.ts';
import type { RunEnd, RunStatus, SourceWriter, Store } from '../store/store.ts';
import { type Batch, createBatch } from './batch.ts';
import { check, messageOf, type Problem } from './check.ts';
import { createDrift, type DriftCounter } from './drift.ts';
import { hostsOf } from './prepare.ts';
import { type Progress, teller } from './progress.ts';
import { PAUSE, type Steps, stepsOf } from './steps.ts';
import { createTally, type Tally } from './tally.ts';

/** A sweep of fewer documents is never refused, however large a part of the source they are. */
const SWEEP_DOCUMENTS = 20;
const SWEEP_RATIO = 0.2;

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
  readonly due?: Due;
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
  const { store, connector, source, now, onProgress, drift = createDrift() } = options;
  const writer = await store.open(source.name, connector.name, now());
  const tally = createTally();
  const tell = teller(onProgress, now);
  const progress = (last?: boolean): void => tell({ ...tally.counts, source: source.name, phase: 'read' }, last);
  const endOf = (status: RunStatus): RunEnd => ({
    status,
    counts: { ...tally.counts },
    problems: [...tally.problems],
    ...driftOf(drift),
  });
  try {
    const { status, cause } = await readAll(options, { writer, tally, drift, progress });
    const end = endOf(status);
    await writer.finish(end, now());
    progress(true);
    return cause === undefined ? end : { ...end, cause };
  } catch (error) {
    tally.problem({ message: messageOf(error) });
    await writer.finish(endOf('failed'), now()).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
};

/** A run that met nothing says nothing of it. */
const driftOf = (drift: DriftCounter): Pick<RunEnd, 'drift'> => {
  const counted = drift.counted();
  return counted.met.length === 0 ? {} : { drift: counted };
};

interface Running {
  readonly writer: SourceWriter;
  readonly tally: Tally;
  readonly drift: DriftCounter;
  readonly progress: (last?: boolean) => void;
}

interface Ended {
  readonly status: RunStatus;
  readonly cause?: unknown;
}

/** Reads the connector's stream to its end, its failure, or the signal. */
const readAll = async <Settings, Cursor>(options: SyncOptions<Settings, Cursor>, running: Running): Promise<Ended> => {
  const { connector, source, signal } = options;
  const { writer, tally, progress } = running;
  // A source that was never listed whole, or whose sweep was refused, is to be listed.
  const due = source.due ?? { listing: !writer.listed, permissions: true, content: true };
  const batch = createBatch({
    writer,
    tally,
    preparing: {
      source: source.name,
      hosts: hostsOf(connector, source),
      urlTemplate: source.urlTemplate ?? 'castellan:<id>',
      due,
      signal,
    },
    clock: () => performance.now(),
    committed: async () => {
      progress();
      await setImmediate(); // timers and signals get their turn
    },
  });
  const intake = createIntake(options, running, batch);
  const steps = stepsOf(() => connector.sync(runOf(options, running, due)), signal);
  try {
    const failed = await drain(steps, batch, intake);
    await batch.flush();
    if (failed) {
      running.drift.problem(failed.error);
      tally.problem({
        message: failed.error instanceof AppError ? failed.error.message : `The connector failed: ${messageOf(failed.error)}`,
      });
      return { status: 'failed', cause: failed.error };
    }
    await intake.end();
    return { status: tally.counts.problems === 0 ? 'complete' : 'partial' };
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    tally.problem({ message: `The run was interrupted; nothing is lost. To go on: castellan sync ${source.name}` });
    return { status: 'partial' };
  } finally {
    await steps.close();
  }
};

/** Takes in all changes; gives the connector's error where it ended by one. */
const drain = async <Cursor>(
  steps: Steps<Change<Cursor>>,
  batch: Batch,
  intake: Intake<Cursor>,
): Promise<{ readonly error: unknown } | undefined> => {
  for (;;) {
    const step = await steps.next(batch.wait).catch((error: unknown) => ({ error }));
    if (step === undefined) return undefined;
    if (step === PAUSE) await batch.flush();
    else if ('error' in step) {
      intake.signal.throwIfAborted();
      return step;
    } else await intake.take(step.value);
  }
};

interface Intake<Cursor> {
  readonly signal: AbortSignal;
  take(change: Change<Cursor>): Promise<void>;
  /** After the last change. */
  end(): Promise<void>;
}

/** Judges changes, and holds the run to what its problems allow. */
const createIntake = <Settings, Cursor>(
  { connector, source, signal, acceptDeletions = false }: SyncOptions<Settings, Cursor>,
  { writer, tally, drift }: Running,
  batch: Batch,
): Intake<Cursor> => {
  const limit = { ratio: source.maxDeleteRatio ?? SWEEP_RATIO, documents: SWEEP_DOCUMENTS, accept: acceptDeletions };
  // Set once nobody can say what was lost: no listing is whole then, and a cursor past it would forget it.
  let lost = false;
  let unchanged = false;
  // Groups whose last page has not come.
  const halves = new Set<string>();

  const lose = (problem: Problem): void => {
    tally.problem(problem);
    lost = true;
  };

  const loseHalves = (): void => {
    for (const group of halves) lose({ message: `The members of the group ${group} ended before their last page.` });
    halves.clear();
  };

  const complete = async (of?: string): Promise<void> => {
    if (of === undefined) loseHalves();
    if (lost) return;
    await batch.flush();
    const swept = await writer.sweep(limit, of).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'invalid_input') return error;
      throw error;
    });
    if (swept instanceof AppError) lose({ message: swept.message });
    else if (swept.refused) {
      const { missing, of: all } = swept.refused;
      lose({
        message:
          `The listing lacks ${missing} of ${all} documents, so nothing was deleted. ` +
          `If they are really gone: castellan sync ${source.name} --accept-deletions`,
      });
    } else tally.written({ changed: 0, deleted: swept.deleted });
  };

  return {
    signal,
    async take(change) {
      const { changes, problem } = check(change, connector.cursor);
      if (change.type === 'problem') drift.problem(change.error);
      if (problem?.key !== undefined) tally.problem(problem);
      else if (problem) lose(problem);
      for (const checked of changes) {
        if (checked.type === 'complete') await complete(checked.of);
        else if (checked.type === 'unchanged') unchanged = true;
        else if (checked.type !== 'checkpoint' || !lost) await batch.add(checked);
        if (checked.type !== 'members') continue;
        if (checked.more) halves.add(checked.group);
        else halves.delete(checked.group);
      }
    },
    async end() {
      loseHalves();
      if (unchanged && tally.counts.problems === 0) await writer.write([{ type: 'unchanged' }]);
    },
  };
};

/** What the connector gets. A cursor it cannot read any more is no cursor: it begins anew. */
const runOf = <Settings, Cursor>(
  { connector, source, now, signal, fetch = refuseEveryHost, notice = () => undefined }: SyncOptions<Settings, Cursor>,
  { writer, drift }: Pick<Running, 'writer' | 'drift'>,
  due: Due,
): Run<Settings, Cursor> => {
  const cursor = writer.cursor === undefined ? undefined : connector.cursor.safeParse(writer.cursor).data;
  return {
    source: source.name,
    settings: source.settings,
    folder: source.folder,
    ...(cursor !== undefined && { cursor }),
    due,
    ...(source.input !== undefined && { input: source.input }),
    // However little a connector thinks of it, what it asks ends with its run.
    fetch: (input, init) => fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal }),
    notice: (told) => {
      drift.notice(told);
      notice(told);
    },
    now: () => new Date(now()),
    signal,
  };
};
