import { createHash } from 'node:crypto';

import type { Delivered } from '../../../core/hook.ts';
import type { Rung, Store } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Committing } from './commit.ts';

/** How long a delivery is known at least, in ms, unless so many came after it. A source sends nothing again after a day. */
const KNOWN_MS = 24 * 3_600_000;
const KNOWN_MAX = 10_000;
/** Between two rings for the same body, in ms: what somebody has seen once and sends again is not worth more runs than that. */
const AGAIN_MS = 60_000;

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
  /** ms since 1970. */
  readonly now: () => number;
}

/**
 * What sources said of themselves: that something changed, and nothing else is kept of it. Beside the ids of a source stand, under
 * names that no source has, the bodies it rang for last, and those it is to ring for later.
 */
export const hooksOf = ({ db, file, commit, now }: Parts): Pick<Store, 'ring' | 'rung'> => {
  const take = db.prepare<[string, Buffer, number]>('INSERT OR IGNORE INTO hook_delivery (source, hash, at) VALUES (?, ?, ?)');
  const put = db.prepare<[string, Buffer, number]>('INSERT OR REPLACE INTO hook_delivery (source, hash, at) VALUES (?, ?, ?)');
  const at = db.prepare<[string, Buffer], number>('SELECT at FROM hook_delivery WHERE source = ? AND hash = ?').pluck();
  const due = db
    .prepare<[string, number], Buffer>('DELETE FROM hook_delivery WHERE source = ? AND at <= ? RETURNING hash')
    .pluck();
  const forgetOld = db.prepare<[string, number]>('DELETE FROM hook_delivery WHERE source = ? AND at < ?');
  const forgetMany = db.prepare<[{ source: string }]>(`
    DELETE FROM hook_delivery
    WHERE source = :source
      AND at <= (SELECT at FROM hook_delivery WHERE source = :source ORDER BY at DESC LIMIT 1 OFFSET ${KNOWN_MAX})`);
  const ring = db.prepare<[{ source: string; at: number }]>(`
    INSERT INTO hook_ring (source, rings, rung_at) VALUES (:source, 1, :at)
    ON CONFLICT (source) DO UPDATE SET rings = rings + 1, rung_at = excluded.rung_at`);
  const find = db.prepare<[{ source: string; later: string; now: number }], Rung>(`
    SELECT rings + count(due.at) AS rings, max(rung_at, coalesce(max(due.at), rung_at)) AS at
    FROM hook_ring LEFT JOIN hook_delivery AS due ON due.source = :later AND due.at <= :now
    WHERE hook_ring.source = :source
    GROUP BY hook_ring.source`);

  /** Whether a body that was not taken under this id rings now; else it does when its minute is over. */
  const ringsNow = (source: string, body: Buffer, taken: number): boolean => {
    const last = at.get(bodiesOf(source), body);
    if (last === undefined || Math.abs(taken - last) >= AGAIN_MS) {
      put.run(bodiesOf(source), body, taken);
      return true;
    }
    take.run(laterOf(source), body, last + AGAIN_MS);
    return false;
  };

  /** What was to ring by now has rung. */
  const settle = (source: string, until: number): void => {
    for (const body of due.all(laterOf(source), until)) {
      put.run(bodiesOf(source), body, until);
      ring.run({ source, at: until });
    }
  };

  const takeAll = (source: string, delivered: readonly Delivered[], taken: number): boolean => {
    const fresh = delivered.filter(({ id }) => take.run(source, hashOf(id), taken).changes > 0);
    if (fresh.length === 0) return false;
    settle(source, taken);
    for (const name of [source, bodiesOf(source)]) {
      forgetOld.run(name, taken - KNOWN_MS);
      forgetMany.run({ source: name });
    }
    const ringing = fresh.filter(({ digest }) => ringsNow(source, hashOf(digest), taken));
    if (ringing.length > 0) ring.run({ source, at: taken });
    return true;
  };

  return {
    ring: async (source, delivered, taken) => commit(() => takeAll(source, delivered, taken)),
    rung: async (source) => guarded(file, () => find.get({ source, later: laterOf(source), now: now() })),
  };
};

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const bodiesOf = (source: string): string => `${source} bodies`;
const laterOf = (source: string): string => `${source} later`;
