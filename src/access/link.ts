import type { Identity } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import type { Rules } from '../core/rules.ts';
import { domainOf } from '../core/principal.ts';
import { serviceOf } from '../core/service.ts';
import type { EmailLink, Match } from '../store/people.ts';
import type { Store } from '../store/store.ts';

/**
 * Links an identity to the accounts its verified e-mail names: in each configured source in which it has no link yet
 * and exactly one active account carries that e-mail, unless a person decided otherwise. Existing links stay as they are. A service
 * has none. Returns the links it made.
 */
export const linkByEmail = async (
  store: Pick<Store, 'links' | 'matches' | 'link'>,
  identity: Identity,
  rules: Rules,
  now: number,
): Promise<readonly EmailLink[]> => {
  const made: EmailLink[] = [];
  for (const link of await linksDue(store, identity, rules, now)) {
    if (await stillStands(store.link(identity, link))) made.push(link);
  }
  return made;
};

/** The links that `linkByEmail` would make now. */
export const linksDue = async (
  store: Pick<Store, 'links' | 'matches'>,
  identity: Identity,
  rules: Rules,
  now: number,
): Promise<readonly EmailLink[]> => {
  const { email } = identity;
  if (email === undefined || !rules.ownedDomains.includes(domainOf(email))) return [];
  if (serviceOf(identity, rules)) return []; // it is what the configuration lists, whatever e-mail it carries
  const linked = new Set((await store.links(identity)).map(({ source }) => source));
  const matches = (await store.matches(identity)).filter(({ source }) => rules.sources.has(source) && !linked.has(source));
  return theOnlyActive(matches).map(({ source, account }): EmailLink => ({
    source,
    account,
    method: 'email',
    evidence: { email },
    at: now,
  }));
};

/** A run that began, or an account that moved, since it was looked up: the next call looks again. */
const stillStands = async (linking: Promise<void>): Promise<boolean> => {
  try {
    await linking;
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return false;
    throw error;
  }
};

/** Two active accounts with one e-mail are two people until somebody who knows says otherwise; a barred one still counts as one. */
const theOnlyActive = (matches: readonly Match[]): readonly Match[] =>
  [
    ...Map.groupBy(
      matches.filter(({ active }) => active),
      ({ source }) => source,
    ).values(),
  ]
    .flatMap((accounts) => (accounts.length === 1 ? accounts : []))
    .filter(({ barred }) => !barred);
