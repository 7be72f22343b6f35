import { realpath } from 'node:fs/promises';

import { AppError } from '../core/errors.ts';
import { type Asked, jitterOf } from '../core/schedule.ts';
import type { Progress } from '../ingest/progress.ts';
import type { SyncEnd } from '../ingest/runner.ts';
import { createBell } from './bell.ts';
import type { Context } from './context.ts';
import { followSource } from './follow-source.ts';
import type { Index } from './parts.ts';
import { createProgressLine } from './progress.ts';
import { ringOnChange } from './ring-on-change.ts';
import { ringOnHook } from './ring-on-hook.ts';
import { printProblems, runJson } from './source-report.ts';
import { readSoFar } from './sync-all.ts';
import { look, type Terminal } from './terminal.ts';
import { RUNS_MAX, turns } from './turns.ts';
import { watchPath } from './watch-path.ts';
import { count, grouped, took } from './words.ts';

/** Sources are not read all at the same time when they begin to be followed: so much for each of them, and at most so long, in ms. */
const START_EACH = 500;
const START_MAX = 30_000;

interface WatchOptions {
  readonly sources: readonly string[];
  readonly json: boolean;
}

type Outside = Pick<Context, 'parts' | 'terminal' | 'signal'>;

/** Reads these sources, and each again whenever it changed or its schedule says so, until `signal` aborts. */
export const watchSources = async (index: Index, { sources, json }: WatchOptions, outside: Outside): Promise<void> => {
  const { parts, terminal } = outside;
  if (sources.length === 0) {
    terminal.err.line('There is no source to watch: what is read from standard input is read once.');
    return;
  }
  const failed = new AbortController();
  const signal = AbortSignal.any([outside.signal, failed.signal]);
  const except = await realpath(index.folder);
  const inTurn = turns(RUNS_MAX);
  const afterwards = createAfterwards(index, { ...outside, signal });
  const startWithin = Math.min(START_EACH * (sources.length - 1), START_MAX);
  const watchOne = async (source: string): Promise<void> => {
    const bell = createBell(parts.now);
    const tell = (what: string): void => terminal.err.line(look('cyan', source), `   ${what}`);
    const teller = createTeller(source, terminal, json);
    let first = true; // a process that was killed may have left texts without their vectors
    await Promise.all(index.watches(source).map((watched) => watchPath(watched, { ring: bell.ring, tell, except, signal })));
    const telling = index.telling(source);
    const rung = index.rung(source);
    const following = followSource({
      name: source,
      bell,
      schedule: index.schedule(source),
      start: startWithin * jitterOf(source),
      now: parts.now,
      signal,
      latestRun: () => index.latestRun(source),
      nextRun: () => index.nextRun(source),
      run: (asked) =>
        inTurn(async () => {
          const line = createProgressLine(terminal.err, parts.now);
          const onProgress = (progress: Progress): void => (json ? undefined : line.show(readSoFar(source, progress)));
          const end = await oneRun(index, source, { parts, signal, onProgress, asked }).finally(() => line.done());
          teller(end);
          if (first || end.end.counts.changed + end.end.counts.deleted > 0) afterwards.wanted();
          first = false;
          return end.end.status;
        }),
    });
    await Promise.all([
      following,
      telling && ringOnChange({ ...telling, bell, tell, signal }),
      rung && ringOnHook({ rung, bell, signal }),
    ]);
  };
  try {
    await Promise.all(sources.map((source) => watchOne(source)));
  } finally {
    failed.abort(); // one of them met a bug: the others are not left running
    await afterwards.done();
  }
};

interface OneRun {
  readonly end: SyncEnd;
  readonly ms: number;
}

interface RunOptions extends Pick<Outside, 'parts' | 'signal'> {
  readonly onProgress: (progress: Progress) => void;
  readonly asked: Asked;
}

/** An index that cannot be written now may be later: a full disk is cleared, a lock is released. */
const oneRun = async (index: Index, source: string, { parts, ...options }: RunOptions): Promise<OneRun> => {
  const began = parts.now();
  const sync = async (): Promise<SyncEnd> => {
    try {
      return await index.sync(source, { acceptDeletions: false, ...options });
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'conflict') throw error;
      return { ...FAILED, problems: [{ message: error.message }] };
    }
  };
  return { end: await sync(), ms: parts.now() - began };
};

const FAILED = { status: 'failed', counts: { read: 0, changed: 0, deleted: 0, problems: 1 } } as const satisfies Partial<SyncEnd>;

/** One line a run; of runs that fail alike one after the other, only of the first. */
const createTeller = (source: string, { out, err }: Terminal, json: boolean): ((run: OneRun) => void) => {
  let before: string | undefined;
  return ({ end, ms }) => {
    if (json) out.json({ source, ...runJson(end), seconds: Math.round(ms) / 1000 });
    const failure = end.status === 'failed' ? end.problems.map(({ message }) => message).join('\n') : undefined;
    const known = failure !== undefined && failure === before;
    before = failure;
    if (known || (json && failure === undefined)) return;
    const { counts } = end;
    const cells = [
      `${grouped(counts.read)} read`,
      `${grouped(counts.changed)} changed`,
      `${grouped(counts.deleted)} deleted`,
      count(counts.problems, 'problem'),
      took(ms),
    ];
    err.line(
      look('bold', source),
      `   ${cells.join('   ')}   `,
      look(end.status === 'complete' ? 'green' : 'yellow', end.status),
      failure === undefined ? '' : '   tried again, told once',
    );
    printProblems(err, end);
  };
};

interface Afterwards {
  /** Something was changed: its texts want vectors, and what it replaced is to be gone from the files. */
  readonly wanted: () => void;
  done(): Promise<void>;
}

/** What follows a change beside the runs, which never wait for a model. */
const createAfterwards = (index: Index, { terminal, signal }: Outside): Afterwards => {
  let again = false;
  let working: Promise<void> | undefined;
  let told = false;
  const quietly = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AppError)) throw error;
      if (!told) terminal.err.line(look('yellow', error.message));
      told = true;
    }
  };
  const work = async (): Promise<void> => {
    while (again && !signal.aborted) {
      again = false;
      await quietly(index.tidy());
      await quietly(index.embed({ signal, onProgress: () => undefined }));
    }
    working = undefined;
  };
  return {
    wanted: () => {
      again = true;
      working ??= work();
    },
    done: async () => working,
  };
};
