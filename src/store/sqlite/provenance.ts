import type { Provenance, Reading } from '../reader.ts';
import type { RunStatus } from '../store.ts';
import type { Database } from './database.ts';

interface Row {
  readonly version: number;
  readonly at: number;
  readonly run: number | null;
  readonly startedAt: number | null;
  readonly status: RunStatus | null;
}

/** Prepares the look-up of when a permission fact became what it is, or what it was at a version. */
export const prepareProvenance = (db: Database, version = Number.MAX_SAFE_INTEGER): Reading['provenance'] => {
  const find = db.prepare<{ source: string; subject: string; key: string; of: string | null; version: number }, Row>(`
    SELECT history.version, history.at, history.run, run.started_at AS startedAt, run.status
    FROM source
    JOIN history ON history.source = source.id AND history.subject = :subject AND history.key = :key
    LEFT JOIN run ON run.id = history.run
    WHERE source.name = :source
      AND history.version <= :version
      AND history.new IS NOT NULL
      AND (:of IS NULL OR CASE history.subject
        WHEN 'members' THEN EXISTS (SELECT 1 FROM json_each(history.new) AS come WHERE come.value = :of)
        ELSE history.new ->> '$.identity' = :of
      END)
    ORDER BY history.version DESC, history.id DESC
    LIMIT 1`);
  return (source, subject, key, of): Provenance | undefined => {
    const found = find.get({ source, subject, key, of: of ?? null, version });
    if (!found) return undefined;
    const { at, run, startedAt, status } = found;
    if (run === null || startedAt === null) return { version: found.version, at };
    return { version: found.version, at, run: { id: run, startedAt, ...(status === null ? {} : { status }) } };
  };
};
