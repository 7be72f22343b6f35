import type { Due } from '../../../core/connector.ts';
import { AppError } from '../../../core/errors.ts';
import type { Standing } from '../../../core/schedule.ts';
import type { RunEnd } from '../../store.ts';
import type { Database } from '../database.ts';
import type { Commit } from './commit.ts';
import { isAlive, type ProcessName } from './process-alive.ts';
import { aloneOf, wholeOf, type WholeRow } from './whole.ts';
import { prepareKeepDrift } from './run-drift.ts';

/** What is kept of a run's problems; `counts.problems` counts them all. */
const PROBLEMS_MAX = 100;

/** Runs of a source that are remembered: one that follows a busy source may make several a second. */
const RUNS_KEPT = 1_000;

/** How a run that its process could not end is shown. */
export const KILLED: RunEnd = {
  status: 'failed',
  counts: { read: 0, changed: 0, deleted: 0, problems: 1 },
  problems: [{ message: 'The process ended before the run did; what it had committed is kept.' }],
};

/** A source as its next run finds it. */
export interface SourceRow extends WholeRow {
  readonly id: number;
  readonly tick: number;
  readonly listed: 0 | 1 | 2;
  readonly cursor: string | null;
  readonly listings: string;
}

export interface Runs {
  /** The source as it stands, for whoever writes it within this commit; a living process that holds it is a `conflict`. */
  claim(commit: Commit, source: string, connector: string, at: number): SourceRow;
  /** Takes the source for one run; a living process that holds it is a `conflict`, a dead one's run is ended as failed. */
  begin(commit: Commit, beginning: Beginning): { readonly run: number; readonly row: SourceRow; readonly due: Due };
  /** Rejects with `conflict` when the run no longer holds its source. */
  assertHeld(source: number, run: number): void;
  end(commit: Commit, ending: Ending, end: RunEnd, endedAt: number): void;
}

interface Beginning {
  readonly name: string;
  readonly connector: string;
  readonly startedAt: number;
  /** What is to be brought, once it is known how the source stands. */
  readonly decide: (standing: Standing) => Due;
}

interface Ending {
  readonly source: number;
  readonly run: number;
  readonly due: Due;
  readonly startedAt: number;
  readonly whole: boolean;
}

/** Runs, and the lease that lets one at a time write a source. */
export const runsOf = (db: Database, self: ProcessName): Runs => {
  // Another connector's cursor means nothing to this one, nor do the revisions it gave.
  const putSource = db.prepare<[string, string]>(`
    INSERT INTO source (name, connector) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET connector = excluded.connector, cursor = NULL, listings = '[]', listed = 0,
      listing_whole_at = NULL, permissions_whole_at = NULL, content_whole_at = NULL, retry_at = NULL
    WHERE connector <> excluded.connector`);
  const forgetRevisions = db.prepare<[number]>(`
    UPDATE document SET revision = NULL
    WHERE revision IS NOT NULL AND item IN (SELECT id FROM item WHERE source = ?)`);
  const findSource = db.prepare<[string], SourceRow>(`
    SELECT id, tick, listed, cursor, listings,
           listing_whole_at AS listing, permissions_whole_at AS permissions, content_whole_at AS content
    FROM source
    WHERE name = ?`);
  const findLease = db.prepare<[number], { run: number } & ProcessName>(`
    SELECT run, pid, process_started AS started FROM lease WHERE source = ?`);
  const insertRun = db.prepare<[number, number, string | null]>('INSERT INTO run (source, started_at, alone) VALUES (?, ?, ?)');
  const endRun = db.prepare<[number, string, string, string, number]>(`
    UPDATE run SET ended_at = ?, status = ?, counts = ?, problems = ? WHERE id = ?`);
  const setWhole = db.prepare<[{ source: number; permissions: number | null; content: number | null }]>(`
    UPDATE source
    SET permissions_whole_at = coalesce(:permissions, permissions_whole_at),
        content_whole_at = coalesce(:content, content_whole_at)
    WHERE id = :source`);
  const setRetry = db.prepare<[number | null, number]>('UPDATE source SET retry_at = ? WHERE id = ?');
  const putLease = db.prepare<[number, number, number, string]>(`
    INSERT OR REPLACE INTO lease (source, run, pid, process_started) VALUES (?, ?, ?, ?)`);
  const forgetRuns = db.prepare<[{ source: number }]>(`
    DELETE FROM run
    WHERE source = :source
      AND id <= (SELECT id FROM run WHERE source = :source ORDER BY id DESC LIMIT 1 OFFSET ${RUNS_KEPT})`);
  const keepDrift = prepareKeepDrift(db);
  const removeLease = db.prepare<[number]>('DELETE FROM lease WHERE source = ?');

  const finish = (run: number, { status, counts, problems, drift }: RunEnd, at: number): void => {
    endRun.run(at, status, JSON.stringify(counts), JSON.stringify(problems.slice(0, PROBLEMS_MAX)), run);
    keepDrift(run, drift);
  };
  const assertHeld = (source: number, run: number): void => {
    if (findLease.get(source)?.run === run) return;
    throw new AppError('conflict', 'Another run holds this source now. Wait for it, then run the command again.');
  };

  const claim = (commit: Commit, name: string, connector: string, at: number): SourceRow => {
    const held = findSource.get(name);
    const lease = held && findLease.get(held.id);
    if (lease && isAlive(lease)) {
      throw new AppError(
        'conflict',
        `"${name}" is being synced by process ${lease.pid}. Wait for it, or end it, then run the command again.`,
      );
    }
    if (lease) {
      finish(lease.run, KILLED, at);
      removeLease.run(held.id);
    }
    if (putSource.run(name, connector).changes > 0 && held) {
      forgetRevisions.run(held.id);
      commit.moveEpoch(); // where it was only listed it counts as never read again, and a directory decides by that
    }
    const row = findSource.get(name);
    if (!row) throw new Error(`The source ${name} was written and is not there.`);
    return row;
  };

  return {
    claim,
    begin(commit, { name, connector, startedAt, decide }) {
      const row = claim(commit, name, connector, startedAt);
      const due = decide({ listed: row.listed === 1, whole: wholeOf(row) });
      const run = Number(insertRun.run(row.id, startedAt, aloneOf(due) ?? null).lastInsertRowid);
      putLease.run(row.id, run, self.pid, self.started);
      forgetRuns.run({ source: row.id });
      return { run, row, due };
    },
    assertHeld,
    end(commit, { source, run, due, startedAt, whole }, end, endedAt) {
      assertHeld(source, run);
      finish(run, end, endedAt);
      removeLease.run(source);
      setRetry.run(end.retryAt ?? null, source);
      if (whole) {
        setWhole.run({ source, permissions: due.permissions ? startedAt : null, content: due.content ? startedAt : null });
      }
      commit.moveEpoch(); // what became fresh by this run decides from now on
    },
  };
};
