import { type Facts, standing } from '../../src/core/decide.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { nameOf, type Principal } from '../../src/core/principal.ts';
import type { People } from './map.ts';
import { readPeople } from './people.ts';
import type { Place } from './write-place.ts';

/**
 * May this account write here? Each list of writers on the way names it for sure, by the people file as it is now, and no term of
 * who may see surely leaves it out. Of what the people file does not decide (`everyone`, `org:`, `domain:`) the caller's own
 * reading decides.
 */
export const mayWriteAt = async (place: Place | undefined, as: Account): Promise<boolean> => {
  if (!place || 'unknown' in place.acl || place.writers.length === 0) return false;
  const people = await readPeople(place.reading);
  const account = people.accounts.find(({ id }) => id === as.id);
  if (!account?.active) return false;
  const facts = factsOf(account, people);
  const is = (principal: Principal): string => standing(principal, new Map(), facts).is;
  const writes = place.writers.every((writers) => writers.some((writer) => is(writer) === 'yes'));
  const shut = place.acl.terms.some(
    ({ allow, deny }) => deny.some((principal) => is(principal) === 'yes') || allow.every((principal) => is(principal) === 'no'),
  );
  return writes && !shut;
};

/** The place, if it may be written. Where it is not there and where it is not theirs are one answer. */
export const writable = async (place: Place | undefined, as: Account): Promise<Place> => {
  if (place && (await mayWriteAt(place, as))) return place;
  throw new AppError('not_found', 'There is no such place to write, or it is not for this account to write there.');
};

/** All of it is of this instant. */
const factsOf = (account: Account, { groups }: People): Facts => ({
  leaf: (principal) => {
    if (principal.startsWith('user:')) return { is: nameOf(principal) === account.id ? 'yes' : 'no', at: 0 };
    if (principal.startsWith('person:')) return { is: account.emails.includes(nameOf(principal)) ? 'yes' : 'no', at: 0 };
    return { is: 'undecided', at: 0 };
  },
  listing: (group) => {
    const members = Object.hasOwn(groups, group) ? groups[group] : undefined;
    return members && { members, at: 0, fresh: true };
  },
  audience: () => undefined,
});
