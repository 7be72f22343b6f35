import { z } from 'zod';

import type { Alone, LatestRun, RunEnd, RunStatus, SourceStatus } from '../../store.ts';
import type { Database } from '../database.ts';
import { prepareDark } from './dark.ts';
import { isAlive } from './process-alive.ts';
import { prepareDrift } from './run-drift.ts';
import { KILLED } from './runs.ts';
import { wholeOf, type WholeRow } from './whole.ts';

const countsSchema = z.strictObject({ read: z.number(), changed: z.number(), deleted: z.number(), problems: z.number() });
const problemsSchema = z.array(z.strictObject({ key: z.string().exactOptional(), message: z.string() }));

interface SourceRow extends WholeRow {
  readonly id: number;
  readonly name: string;
  readonly connector: string;
  readonly confirmed: number;
  readonly contentsConfirmed: number;
  readonly retryAt: number | null;
}

interface RunRow {
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly status: 'complete' | 'partial' | 'failed' | null;
  readonly counts: string | null;
  readonly problems: string | null;
  readonly alone: Alone | null;
}

/** How sources stand, all of one instant; a source that was never synced is absent. */
export const statusOf = (db: Database): ((sources: readonly string[], directory?: string) => readonly SourceStatus[]) => {
  const findSource = db.prepare<[string], SourceRow>(`
    SELECT id, name, connector, confirmed_at AS confirmed, contents_confirmed_at AS contentsConfirmed, retry_at AS retryAt,
           listing_whole_at AS listing, permissions_whole_at AS permissions, content_whole_at AS content
    FROM source
    WHERE name = ?`);
  const documents = db.prepare<[number], number>('SELECT count(*) FROM item WHERE source = ? AND container = 0').pluck();
  const chunks = db
    .prepare<[number], number>('SELECT count(*) FROM item JOIN chunk ON chunk.item = item.id WHERE item.source = ?')
    .pluck();
  const waiting = db
    .prepare<[number], number>(`
      SELECT count(*)
      FROM vector_queue
      JOIN chunk ON chunk.id = vector_queue.chunk
      JOIN item ON item.id = chunk.item
      WHERE item.source = ?`)
    .pluck();
  const dark = prepareDark(db);
  const drift = prepareDrift(db);
  // Counted by acl class first: documents are many, classes few.
  const deniedByAccount = db
    .prepare<[number], number>(`
      SELECT count(*)
      FROM item
      WHERE source = ? AND container = 0 AND acl IN (
        SELECT acl_term.acl
        FROM acl_term
        JOIN acl_grant ON acl_grant.term = acl_term.id AND acl_grant.deny = 1
        JOIN principal ON principal.id = acl_grant.principal AND principal.kind IN ('user', 'group'))`)
    .pluck();
  const outdated = db.prepare<[number], number>('SELECT count(*) FROM item WHERE source = ? AND outdated = 1').pluck();
  // A group whose members could not be learned is as old as its last listing, whatever else was confirmed.
  const oldest = db.prepare<
    [{ source: number; confirmed: number; contentsConfirmed: number }],
    { content: number | null; permissions: number | null }
  >(`
    SELECT (SELECT max(min(synced_at), :contentsConfirmed) FROM item WHERE source = :source AND container = 0 AND outdated = 0) AS content,
           (SELECT min(at) FROM (
             SELECT max(min(permissions_synced_at), :confirmed) AS at FROM item WHERE source = :source
             UNION ALL
             SELECT max(min(synced_at), :confirmed) FROM account WHERE source = :source AND active = 1
             UNION ALL
             SELECT min(iif(unknown IS NULL, max(listed_at, :confirmed), listed_at))
             FROM member_group
             WHERE source = :source AND listed_at IS NOT NULL)) AS permissions`);
  const lastRun = db.prepare<[{ source: number; running: number }], RunRow>(`
    SELECT started_at AS startedAt, ended_at AS endedAt, status, counts, problems, alone
    FROM run
    WHERE source = :source AND id <> :running
    ORDER BY id DESC
    LIMIT 1`);
  const findLease = db.prepare<[number], { run: number; pid: number; started: string }>(`
    SELECT run, pid, process_started AS started FROM lease WHERE source = ?`);

  const standing = (
    { id, name, connector, confirmed, contentsConfirmed, retryAt, ...row }: SourceRow,
    directory?: string,
  ): SourceStatus => {
    const lease = findLease.get(id);
    const running = lease !== undefined && isAlive(lease);
    const last = lastRun.get({ source: id, running: running ? lease.run : 0 });
    const { content = null, permissions = null } = oldest.get({ source: id, confirmed, contentsConfirmed }) ?? {};
    return {
      name,
      connector,
      documents: documents.get(id) ?? 0,
      chunks: chunks.get(id) ?? 0,
      waitingForVectors: waiting.get(id) ?? 0,
      dark: dark(id, directory),
      deniedByAccount: deniedByAccount.get(id) ?? 0,
      outdated: outdated.get(id) ?? 0,
      ...(permissions !== null && { oldestPermissions: permissions }),
      ...(content !== null && { oldestContent: content }),
      drift: drift(id),
      ...(last && { lastRun: lastRunOf(last) }),
      whole: wholeOf(row),
      ...(retryAt !== null && { retryAt }),
      running,
    };
  };
  return db.transaction((sources: readonly string[], directory?: string) =>
    sources
      .map((name) => findSource.get(name))
      .filter((source) => source !== undefined)
      .map((source) => standing(source, directory)),
  );
};

/** The newest run of a source; one that nobody ended and nobody holds was killed. */
export const latestRunOf = (db: Database): ((source: string) => LatestRun | undefined) => {
  const newest = db.prepare<
    [string],
    { startedAt: number; status: RunStatus | null; alone: Alone | null; pid: number | null; started: string | null }
  >(`
    SELECT run.started_at AS startedAt, run.status, run.alone, lease.pid, lease.process_started AS started
    FROM source
    JOIN run ON run.source = source.id
    LEFT JOIN lease ON lease.run = run.id
    WHERE source.name = ?
    ORDER BY run.id DESC
    LIMIT 1`);
  return (source) => {
    const run = newest.get(source);
    if (!run) return undefined;
    const { status, pid, started } = run;
    const startedAt = run.startedAt;
    const alone = run.alone === null ? {} : { alone: run.alone };
    if (status !== null) return { startedAt, status, ...alone };
    const alive = pid !== null && started !== null && isAlive({ pid, started });
    return alive ? { startedAt, ...alone } : { startedAt, status: KILLED.status, ...alone };
  };
};

/** The cursor of a source as it was last committed. */
export const cursorOf = (db: Database): ((source: string) => unknown) => {
  const find = db.prepare<[string], string | null>('SELECT cursor FROM source WHERE name = ?').pluck();
  return (source) => {
    const stored = find.get(source) ?? null;
    return stored === null ? undefined : JSON.parse(stored);
  };
};

/** A run that nobody ended and nobody holds was killed. */
const lastRunOf = ({
  startedAt,
  endedAt,
  status,
  counts,
  problems,
  alone: only,
}: RunRow): NonNullable<SourceStatus['lastRun']> => {
  const alone = only === null ? {} : { alone: only };
  if (endedAt === null || status === null || counts === null || problems === null) return { ...KILLED, startedAt, ...alone };
  const end: RunEnd = {
    status,
    counts: countsSchema.parse(JSON.parse(counts)),
    problems: problemsSchema.parse(JSON.parse(problems)),
  };
  return { ...end, startedAt, endedAt, ...alone };
};
