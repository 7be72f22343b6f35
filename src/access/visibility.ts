import type { Identity } from '../core/caller.ts';
import type { Rules } from '../core/rules.ts';
import type { HeldAcls, Reading } from '../store/reader.ts';
import type { Engine } from './engine/engine.ts';

/** What may be seen, by whom: decided anew only when it can have changed. */
export interface Visibility {
  /** What holds for an identity in the transaction of `reading`. */
  of(reading: Reading, identity: Identity, now: number): HeldAcls;
}

interface VisibilityOptions {
  /** Decides where it knows the state of the transaction; where it does not, or there is none, SQL does. */
  readonly engine?: Engine;
  readonly callers?: number;
  /** How many acls are held together. */
  readonly acls?: number;
}

/** A team, and then some; whoever asked longest ago is decided again when they return. */
const CALLERS = 10_000;
/** Four bytes each, and eight more once they were searched by: 50 MB at most. */
const ACLS = 4_000_000;

/** Keeps visibilities for one reader and one configuration, until the epoch or the index moves or a promise they rest on runs out. */
export const createVisibility = (
  rules: Rules,
  { engine, callers = CALLERS, acls = ACLS }: VisibilityOptions = {},
): Visibility => {
  const kept = new Map<string, Kept>(); // in the order of their last use
  let stamp = '';
  let size = 0; // of all that are kept

  const drop = (key: string, { held }: Kept): void => {
    kept.delete(key);
    size -= held.acls.length;
  };

  const keep = (key: string, found: Kept): void => {
    kept.set(key, found);
    size += found.held.acls.length;
    for (const [other, known] of kept) {
      if (kept.size <= callers && size <= acls) break;
      drop(other, known); // where one alone is more than all may be, it goes too
    }
  };

  return {
    of: (reading, identity, now) => {
      const { databaseId, epoch, version } = reading.basis;
      const key = JSON.stringify([identity.issuer, identity.subject, identity.email]);
      if (stamp !== `${databaseId} ${epoch}`) {
        kept.clear();
        size = 0;
        stamp = `${databaseId} ${epoch}`;
      }
      const known = kept.get(key);
      if (known) drop(key, known);
      const found =
        known && stands(known, reading, now)
          ? known
          : { held: engine?.hold(reading, identity, now) ?? reading.holdAcls(identity, rules, now), since: now, version };
      keep(key, found);
      return found.held;
    },
  };
};

interface Kept {
  readonly held: HeldAcls;
  readonly since: number;
  readonly version: number;
}

/** A clock set back may make something fresh again, and so may a commit that only confirms: these too end a visibility. */
const stands = ({ held, since, version }: Kept, reading: Reading, now: number): boolean =>
  since <= now && now <= held.until && (!held.stale || version === reading.basis.version);
