import type { Identity } from '../../core/caller.ts';
import type { Rules } from '../../core/rules.ts';
import type { HeldAcls, Reading } from '../../store/reader.ts';
import { emptyScratch, evaluate } from './evaluate.ts';
import { follow, type Following, isLost, startFollowing } from './follow.ts';
import { instantsAt, lasting } from './instants.ts';

/** Decides all acls for one identity from memory. SQL is the reference: whatever this answers, SQL answers too. */
export interface Engine {
  /** What holds in the transaction of `reading`; undefined where its state is not known here yet, and SQL is to be asked. */
  hold(reading: Reading, identity: Identity, now: number): HeldAcls | undefined;
  /** Reads some more of what is there; false: there is nothing left to read. To be called between questions. */
  advance(reading: Reading): boolean;
}

interface EngineOptions {
  /** How many rows are read in one transaction, at most about: a few ms, which a question may have to wait. */
  readonly slice?: number;
}

const SLICE = 5000;

/** An engine that knows nothing yet. A small index it reads with the first question. */
export const createEngine = (rules: Rules, { slice = SLICE }: EngineOptions = {}): Engine => {
  const scratch = emptyScratch();
  let following: Following | undefined;
  let databaseId: string | undefined;
  let unfit = false; // has ids that no array can hold: of this index SQL alone knows

  /** Whatever ends it half way leaves nothing that could be asked. */
  const whole = ({ basis, permissions: rows }: Reading): Following | undefined => {
    if (databaseId !== basis.databaseId) {
      databaseId = basis.databaseId;
      following = undefined;
      unfit = false;
    }
    if (unfit) return undefined;
    const known = following && !isLost(following, rows) ? following : startFollowing(rows, rules);
    following = undefined;
    try {
      const reached = follow(known, rows, slice);
      following = known;
      return reached ? known : undefined;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      unfit = true;
      return undefined;
    }
  };

  return {
    hold: (reading, identity, now) => {
      const known = whole(reading);
      if (!known) return undefined;
      const rows = reading.permissions;
      const standing = rows.standing(identity, rules, now);
      const instants = instantsAt(rules, rows.sources(), now);
      const acls = evaluate(known.graph, scratch, standing, instants);
      if (!acls) return undefined;
      const { slack, stale } = lasting(known.graph, instants);
      return { acls, until: Math.min(now + slack, standing.until), stale: stale || standing.stale };
    },
    advance: (reading) => whole(reading) === undefined && !unfit,
  };
};
