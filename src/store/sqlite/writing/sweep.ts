import { setImmediate } from 'node:timers/promises';

import type { Sweep, SweepLimit } from '../../store.ts';
import type { Database } from '../database.ts';
import type { Accounts } from './accounts.ts';
import type { Committing } from './commit.ts';
import type { Groups } from './groups.ts';
import type { Item, Items } from './items.ts';
import type { Runs } from './runs.ts';

/** What one commit of a sweep takes out: few enough that no other writer waits long. */
const ITEMS_A_COMMIT = 200;

/** A listing that was opened, and saw all it names at `tick` or later. `of`: the container whose subtree it names. */
export interface Listing {
  readonly of?: string;
  readonly tick: number;
}

interface Swept extends Listing {
  readonly source: number;
  readonly run: number;
  /** Start of the run, ms since 1970. */
  readonly at: number;
  readonly limit: SweepLimit;
}

interface Parts {
  readonly db: Database;
  readonly commit: Committing;
  readonly items: Items;
  readonly groups: Groups;
  readonly accounts: Accounts;
  readonly runs: Runs;
}

/** Deletes what a completed listing did not see, unless that is more than may go at once. */
export const sweeping = ({ db, commit, items, groups, accounts, runs }: Parts): ((swept: Swept) => Promise<Sweep>) => {
  const ofSource = db.prepare<[{ source: number }], Item & { tick: number }>(`
    SELECT id, key, container, title, parent, acl, tick
    FROM item
    WHERE source = :source
    ORDER BY id`);
  const ofSubtree = db.prepare<[{ source: number; of: string }], Item & { tick: number }>(`
    WITH RECURSIVE below(key) AS (
      SELECT key FROM item WHERE source = :source AND parent = :of
      UNION                                   -- not UNION ALL: a cycle of parents must end
      SELECT item.key FROM item JOIN below ON item.parent = below.key WHERE item.source = :source
    )
    SELECT item.id, item.key, item.container, item.title, item.parent, item.acl, item.tick
    FROM item
    JOIN below ON item.key = below.key
    WHERE item.source = :source AND item.key <> :of
    ORDER BY item.id`);
  const wasListed = db.prepare<[number], number>('SELECT listed FROM source WHERE id = ?').pluck();
  const setListed = db.prepare<[number, number]>('UPDATE source SET listed = 1, listing_whole_at = ? WHERE id = ?');
  // 2: it was listed once, and is to be listed again. That a directory was read to its end stays true.
  const relist = db.prepare<[number]>('UPDATE source SET listed = iif(listed = 0, 0, 2) WHERE id = ?');

  return async ({ source, run, at, of, tick, limit }) => {
    const missing: Item[] = [];
    let documents = 0;
    for (const item of of === undefined ? ofSource.iterate({ source }) : ofSubtree.iterate({ source, of })) {
      documents += 1 - item.container;
      if (item.tick < tick) missing.push(item);
    }
    const missingDocuments = missing.filter(({ container }) => container === 0).length;
    if (missingDocuments > limit.ratio * documents && missingDocuments > limit.documents && !limit.accept) {
      commit((step) => {
        runs.assertHeld(source, run);
        relist.run(source);
        step.moveEpoch();
      }, run);
      return { deleted: 0, refused: { missing: missingDocuments, of: documents } };
    }
    for (let from = 0; from < missing.length; from += ITEMS_A_COMMIT) {
      commit((step) => {
        runs.assertHeld(source, run);
        items.remove(step, source, missing.slice(from, from + ITEMS_A_COMMIT));
      }, run);
      await setImmediate(); // others may write, and the event loop breathes
    }
    if (of === undefined) {
      commit((step) => {
        runs.assertHeld(source, run);
        accounts.deactivate(step, source, tick);
        groups.unlist(step, source, tick);
        if (wasListed.get(source) === 0) step.moveEpoch(); // a directory decides from when it was first read
        setListed.run(at, source);
      }, run);
    }
    return { deleted: missingDocuments };
  };
};
