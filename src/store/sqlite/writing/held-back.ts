import { setImmediate } from 'node:timers/promises';

import type { Database } from '../database.ts';
import type { Accounts } from './accounts.ts';
import type { Committing } from './commit.ts';
import type { Groups } from './groups.ts';
import type { Items } from './items.ts';
import type { Runs } from './runs.ts';

/** Rows that one commit lands, and a group at most: few enough that no other writer waits long. */
const ROWS_A_COMMIT = 2_000;

export interface HeldBack {
  /**
   * Whether a run of this source holds back: what decided before it may stand beside what it says. The first run finds nothing. Of
   * what is stored nothing is asked here: what nobody may see would move what others see.
   */
  isNeeded(source: number, run: number): boolean;
  /** Gives all that waits what it was told. */
  land(source: number, run: number): Promise<void>;
}

interface Parts {
  readonly db: Database;
  readonly commit: Committing;
  readonly items: Items;
  readonly groups: Groups;
  readonly accounts: Accounts;
  readonly runs: Runs;
}

/**
 * What a run widens of that by which others are decided, held back until the run has said all it has to say.
 *
 * Accounts, members and containers come before the documents they decide, and those after them may never come: then who joined a
 * group would see what was closed to it before they joined. So each of these is, until the run ends, what lets in only whom both
 * what it was and what it is now would let in. A document is at any moment decided by its old acl and such facts, and nobody sees
 * it who did not before; or by its new one and such facts, and nobody sees it who will not when the run has ended. Landing one
 * after the other keeps to that too, so no two need one commit, and a process that dies between two leaves nothing to be mended.
 */
export const heldBackOf = ({ db, commit, items, groups, accounts, runs }: Parts): HeldBack => {
  const isFollowing = db
    .prepare<[number, number], number>('SELECT EXISTS (SELECT 1 FROM run WHERE source = ? AND id <> ?)')
    .pluck();
  const isWaiting = db
    .prepare<{ source: number }, number>(`
      SELECT EXISTS (SELECT 1 FROM coming_group WHERE source = :source)
        OR EXISTS (SELECT 1 FROM coming_acl WHERE source = :source)
        OR EXISTS (SELECT 1 FROM coming_account WHERE source = :source)`)
    .pluck();
  return {
    isNeeded: (source, run) => isFollowing.get(source, run) === 1,
    async land(source, run) {
      while (isWaiting.get({ source }) === 1) {
        commit((step) => {
          runs.assertHeld(source, run);
          for (let rows = 0; rows < ROWS_A_COMMIT;) {
            const landed = accounts.land(step, source) || groups.land(step, source) || items.land(step, source);
            if (landed === 0) return;
            rows += landed;
          }
        }, run);
        await setImmediate(); // others may write, and the event loop breathes
      }
    },
  };
};
