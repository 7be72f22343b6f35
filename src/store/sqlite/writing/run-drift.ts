import { type RunDrift, driftSchema } from '../../../core/drift.ts';
import type { SourceDrift } from '../../source-drift.ts';
import type { Database } from '../database.ts';
import { storedJson } from '../stored-json.ts';

/** What is kept of one run. */
const KEPT_MAX = 100;
/** What is summed up of a source, and what is not met for so long is summed up no more, in ms before its newest run. */
const SUMMED_MAX = 300;
const SUMMED = 7 * 24 * 3_600_000;

/** Prepares to keep what a run met. */
export const prepareKeepDrift = (db: Database): ((run: number, drift: RunDrift | undefined) => void) => {
  const put = db.prepare<[number, string, number]>('INSERT INTO run_drift (run, what, times) VALUES (?, ?, ?)');
  return (run, drift) => {
    if (!drift) return;
    const kept = drift.met.slice(0, KEPT_MAX);
    const more = drift.met.slice(KEPT_MAX).reduce((sum, { times }) => sum + times, drift.more);
    for (const { what, times } of kept) put.run(run, JSON.stringify(what), times);
    if (more > 0) put.run(run, '', more);
  };
};

interface Row {
  readonly what: string;
  readonly times: number;
  readonly firstRun: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Prepares to sum up what the newest runs of a source met. */
export const prepareDrift = (db: Database): ((source: number) => SourceDrift) => {
  const select = db.prepare<{ source: number }, Row>(`
    WITH newest(at) AS (SELECT max(started_at) FROM run WHERE source = :source)
    SELECT run_drift.what, sum(run_drift.times) AS times, min(run.id) AS firstRun, min(run.started_at) AS firstAt,
           max(run.started_at) AS lastAt
    FROM newest
    JOIN run ON run.source = :source AND run.started_at >= newest.at - ${SUMMED}
    JOIN run_drift ON run_drift.run = run.id
    GROUP BY run_drift.what
    ORDER BY times DESC, run_drift.what
    LIMIT ${SUMMED_MAX}`);
  return (source) => {
    const rows = select.all({ source });
    return {
      met: rows.flatMap(({ what, ...row }) =>
        what === '' ? [] : [{ ...row, what: storedJson(driftSchema, what, 'what a run met') }],
      ),
      more: rows.find(({ what }) => what === '')?.times ?? 0,
    };
  };
};
