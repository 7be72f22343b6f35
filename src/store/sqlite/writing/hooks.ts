import { createHash } from 'node:crypto';

import type { Rung, Store } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';

/** How long a delivery is known at least, in ms, unless so many came after it. A source sends nothing again after a day. */
const KNOWN_MS = 24 * 3_600_000;
const KNOWN_MAX = 10_000;

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
}

/** What sources said of themselves: that something changed, and nothing else is kept of it. */
export const hooksOf = ({ db, file, commit }: Parts): Pick<Store, 'ring' | 'rung'> => {
  const take = db.prepare<[string, Buffer, number]>('INSERT OR IGNORE INTO hook_delivery (source, hash, at) VALUES (?, ?, ?)');
  const forgetOld = db.prepare<[string, number]>('DELETE FROM hook_delivery WHERE source = ? AND at < ?');
  const forgetMany = db.prepare<[{ source: string }]>(`
    DELETE FROM hook_delivery
    WHERE source = :source
      AND at <= (SELECT at FROM hook_delivery WHERE source = :source ORDER BY at DESC LIMIT 1 OFFSET ${KNOWN_MAX})`);
  const ring = db.prepare<[{ source: string; at: number }]>(`
    INSERT INTO hook_ring (source, rings, rung_at) VALUES (:source, 1, :at)
    ON CONFLICT (source) DO UPDATE SET rings = rings + 1, rung_at = excluded.rung_at`);
  const find = db.prepare<[string], Rung>('SELECT rings, rung_at AS at FROM hook_ring WHERE source = ?');

  return {
    ring: async (source, ids, now) =>
      commit(() => {
        const hashes = ids.map((id) => createHash('sha256').update(id).digest());
        const taken = hashes.filter((hash) => take.run(source, hash, now).changes > 0);
        if (taken.length === 0) return false;
        forgetOld.run(source, now - KNOWN_MS);
        forgetMany.run({ source });
        ring.run({ source, at: now });
        return true;
      }),
    rung: async (source) => guarded(file, () => find.get(source)),
  };
};
