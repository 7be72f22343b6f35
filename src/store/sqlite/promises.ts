import type { Promised } from '../../core/freshness.ts';
import type { Rules } from '../../core/rules.ts';
import type { Database } from './database.ts';

/** Puts the rules of the configured sources where queries can join them: `temp.promise`. */
export type SetPromises = (rules: Pick<Rules, 'sources'>, now: number) => void;

/**
 * A source that is not configured has no row in `temp.promise`, and so nothing of it counts.
 * What was confirmed at or after `…_since` may decide.
 */
export const preparePromises = (db: Database): SetPromises => {
  db.exec(`
    CREATE TEMP TABLE promise (
      source INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      confirmed_at INTEGER NOT NULL,
      contents_confirmed_at INTEGER NOT NULL,
      permissions_since REAL NOT NULL,
      content_since REAL NOT NULL
    ) STRICT`);
  const clear = db.prepare('DELETE FROM temp.promise');
  const insert = db.prepare<[number, number, string]>(`
    INSERT INTO temp.promise
    SELECT id, name, confirmed_at, contents_confirmed_at, ?, ?
    FROM source
    WHERE name = ?`);
  return (rules, now) => {
    clear.run();
    for (const [name, { permissions, content }] of rules.sources) {
      insert.run(since(permissions, now), since(content, now), name);
    }
  };
};

const since = ({ within, onBreach }: Promised, now: number): number => (onBreach === 'deny' ? now - within : -Infinity);
