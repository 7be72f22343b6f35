import type { Identity } from '../core/caller.ts';
import type { Rules } from '../core/rules.ts';
import type { HeldAcls, Reading } from '../store/reader.ts';

/** What may be seen, by whom: decided anew only when it can have changed. */
export interface Visibility {
  /** What holds for an identity in the transaction of `reading`. */
  of(reading: Reading, identity: Identity, now: number): HeldAcls;
}

/** Each costs as many rows of memory as there are acls; whoever asked longest ago is decided again when they return. */
const CALLERS = 64;

/** Keeps visibilities for one reader and one configuration, until the epoch or the index moves or a promise they rest on runs out. */
export const createVisibility = (rules: Rules, { callers = CALLERS }: { readonly callers?: number } = {}): Visibility => {
  const kept = new Map<string, Kept>(); // in the order of their last use
  let stamp = '';

  const drop = (reading: Reading, key: string, view: number): void => {
    reading.dropAcls(view);
    kept.delete(key);
  };

  return {
    of: (reading, identity, now) => {
      const { databaseId, epoch, version } = reading.basis;
      const key = JSON.stringify([identity.issuer, identity.subject, identity.email]);
      if (stamp !== `${databaseId} ${epoch}`) {
        for (const [other, { held }] of kept) drop(reading, other, held.view);
        stamp = `${databaseId} ${epoch}`;
      }
      const known = kept.get(key);
      if (known && stands(known, reading, now)) {
        kept.delete(key);
        kept.set(key, known);
        return known.held;
      }
      if (known) drop(reading, key, known.held.view);
      for (const [other, { held }] of kept) {
        if (kept.size < callers) break;
        drop(reading, other, held.view);
      }
      const held = reading.holdAcls(identity, rules, now);
      kept.set(key, { held, since: now, version });
      return held;
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
  since <= now && now <= held.until && (!held.stale || version === reading.basis.version) && reading.holds(held.view);
