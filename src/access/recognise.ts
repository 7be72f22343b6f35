import type { Identity } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import type { Rules } from '../core/rules.ts';
import type { Store } from '../store/store.ts';
import { linkByEmail, linksDue } from './link.ts';

/** Records who comes, and links them to their accounts. */
export interface Identifier {
  /** Gives somebody as they are given: an e-mail that nobody vouches for now is not remembered. */
  readonly identify: (identity: Identity) => Promise<Identity>;
  /** Gives somebody with the e-mail they were last seen with, where they are given none. */
  readonly recall: (identity: Identity) => Promise<Identity>;
  readonly close: () => Promise<void>;
}

/** Who came, and when. */
export interface Visit {
  readonly identity: Identity;
  /** Whether a remembered e-mail counts. */
  readonly recalled: boolean;
  /** ms since 1970. */
  readonly now: number;
}

/** Somebody as they count now. */
export interface Recognised {
  readonly identity: Identity;
  /** There is something to write: that they came, or a link. */
  readonly due: boolean;
}

/** Looks somebody up, and writes nothing. */
export const recognise = async (store: Store, visit: Visit, rules: Rules): Promise<Recognised> => {
  const { now } = visit;
  const { identity, due } = await store.known(visit.identity, now);
  const as = counted(visit, identity);
  return { identity: as, due: due || (await linksDue(store, as, rules, now)).length > 0 };
};

/** Writes what is due for somebody who was recognised. */
export const record = async (store: Store, visit: Visit, rules: Rules): Promise<void> => {
  const { now } = visit;
  const { identity } = await store.known(visit.identity, now);
  await store.identify(visit.identity, now);
  await linkByEmail(store, counted(visit, identity), rules, now);
};

/** A remembered e-mail counts only where that was asked for. */
const counted = ({ identity, recalled }: Visit, remembered: Identity): Identity => (recalled ? remembered : identity);

/** What cannot be written now is left to a later call: who is not linked yet sees less than they may, never more. */
export const isLate = (error: unknown): boolean => error instanceof AppError && error.code === 'unavailable';

/** An identifier on a store that stays open: for one who asks alone, and waits for nobody else. */
export const identifierOn = (store: Store, rules: Rules, now: () => number): Identifier => {
  const known = async (identity: Identity, recalled: boolean): Promise<Identity> => {
    const visit: Visit = { identity, recalled, now: now() };
    const { identity: as, due } = await recognise(store, visit, rules);
    try {
      if (due) await record(store, visit, rules);
    } catch (error) {
      if (!isLate(error)) throw error;
    }
    return as;
  };
  return {
    identify: (identity) => known(identity, false),
    recall: (identity) => known(identity, true),
    close: async () => undefined,
  };
};
