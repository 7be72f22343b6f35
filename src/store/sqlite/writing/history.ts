import type { HistoryRow, HistorySubject } from '../../history-row.ts';
import type { Database } from '../database.ts';
import type { Commit } from './commit.ts';

/** A permission fact that moved; undefined: there was none, or there is none any more. */
interface Moved {
  readonly source: number;
  readonly subject: HistorySubject;
  readonly key: string;
  /** The id of an acl for `acl` and `container`. */
  readonly old: unknown;
  readonly new: unknown;
}

export interface History {
  record(commit: Commit, moved: Moved): void;
  read(source: string, subject: HistorySubject, key: string): readonly HistoryRow[];
}

interface Row {
  readonly version: number;
  readonly run: number | null;
  readonly at: number;
  readonly old: string | null;
  readonly new: string | null;
}

/** Every permission fact that moved, with its old and its new value. */
export const historyOf = (db: Database): History => {
  const insert = db.prepare<[number, number | null, number, number, string, string, string | null, string | null]>(`
    INSERT INTO history (version, run, at, source, subject, key, old, new)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  // acls are never changed nor removed, so history names them; readers get them spelled out.
  const select = db.prepare<[string, string, string], Row>(`
    SELECT history.version, history.run, history.at,
           coalesce(before.value, history.old) AS old,
           coalesce(after.value, history.new) AS new
    FROM history
    JOIN source ON source.id = history.source
    LEFT JOIN acl AS before ON history.subject IN ('acl', 'container') AND before.id = CAST(history.old AS INTEGER)
    LEFT JOIN acl AS after ON history.subject IN ('acl', 'container') AND after.id = CAST(history.new AS INTEGER)
    WHERE source.name = ? AND history.subject = ? AND history.key = ?
    ORDER BY history.version, history.id`);
  return {
    record({ version, run, at }, { source, subject, key, old, new: now }) {
      insert.run(version, run ?? null, at, source, subject, key, jsonOf(old), jsonOf(now));
    },
    read: (source, subject, key) =>
      select.all(source, subject, key).map(({ run, old, new: now, ...row }) => ({
        ...row,
        ...(run !== null && { run }),
        source,
        subject,
        key,
        old: valueOf(old),
        new: valueOf(now),
      })),
  };
};

const jsonOf = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

const valueOf = (json: string | null): unknown => (json === null ? undefined : JSON.parse(json));
