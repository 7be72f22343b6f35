import type { Activity } from './activity.ts';
import type { Identity } from './caller.ts';
import type { Membership, Standing } from './decide.ts';
import type { Account } from './document.ts';
import { domainOf, type Leaf, nameOf } from './principal.ts';
import type { Rules } from './rules.ts';
import { type Service, serviceOf } from './service.ts';

/** An account of the asked source that has to do with the caller. */
export interface KnownAccount extends Account {
  /** Linked to the caller's identity, or listed for the service it is. Otherwise it merely carries the caller's e-mail. */
  readonly linked: boolean;
  /** Was linked to the caller's identity, and neither is now nor carries its e-mail: it counts only for who is gone from the directory. */
  readonly former: boolean;
  /** Confirmed at, ms since 1970. */
  readonly at: number;
  /** Within the source's promise, so that it may decide. */
  readonly fresh: boolean;
}

/** Who is looked at, by which rules, in which source, and the accounts there that have to do with them. */
export interface Looked {
  readonly identity: Identity;
  readonly rules: Pick<Rules, 'ownedDomains' | 'services'>;
  readonly source: string;
  readonly accounts: readonly KnownAccount[];
  /** How a person stands in the directory; absent where there is none. */
  readonly activity?: Activity;
}

/** Decides the principals that need no listing, for one caller in one source. */
export const leafStanding = (looked: Looked): ((principal: Leaf) => Standing) => {
  const { identity, rules, source, activity } = looked;
  const accounts = looked.accounts.filter(({ former }) => !former);
  const service = serviceOf(identity, rules);
  if (service) return ofAny(userStanding(accounts, service.accounts.get(source) ?? []), listedStanding(service));
  if (!activity) return ofAny(userStanding(accounts, []), personStanding(identity, accounts, ownedBy(identity, rules)));
  if (activity.is === 'gone') return () => UNDECIDED;
  const standing = ofAny(userStanding(accounts, []), personStanding(identity, accounts, organised(activity)));
  return (principal) => {
    const { is, at } = standing(principal);
    return { is, at: Math.min(at, activity.at) }; // that they are active there is among what decided
  };
};

/** Whether the groups of the directory say what `org:` names: for a person known by an e-mail. */
export const asksDirectory = ({ identity, rules, activity }: Pick<Looked, 'identity' | 'rules' | 'activity'>): boolean =>
  activity !== undefined && activity.is !== 'gone' && identity.email !== undefined && !serviceOf(identity, rules);

const ofAny =
  (user: (name: string) => Standing, shared: (principal: Leaf) => Standing) =>
  (principal: Leaf): Standing => {
    if (principal === 'public') return { is: 'yes', at: Infinity };
    return principal.startsWith('user:') ? user(nameOf(principal)) : shared(principal);
  };

const UNDECIDED: Standing = { is: 'undecided', at: Infinity };

/** Whom the caller is in the source. An account that the configuration lists and that cannot be relied on now may be theirs. */
const userStanding = (accounts: readonly KnownAccount[], listed: readonly string[]): ((name: string) => Standing) => {
  const usable = accounts.filter(({ linked, active, fresh }) => linked && active && fresh);
  const theirs = new Set(accounts.filter(({ linked }) => linked).map(({ id }) => id)); // that one cannot be relied on now makes it no one else's
  const inSource = Math.min(...usable.map(({ at }) => at));
  return (name) => {
    if (usable.length === 0) return UNDECIDED;
    const own = usable.find(({ id }) => id === name);
    if (own) return { is: 'yes', at: own.at };
    return listed.includes(name) || theirs.has(name) ? UNDECIDED : { is: 'no', at: inSource };
  };
};

/** A service is what is listed for it. Of all else nobody can say what it is; an e-mail that it carries says nothing. */
const listedStanding = ({ shared }: Service): ((principal: Leaf) => Standing) => {
  const listed = new Set<Leaf>(shared);
  return (principal) => (listed.has(principal) && principal !== 'everyone' ? { is: 'yes', at: Infinity } : UNDECIDED);
};

const personStanding = (
  identity: Identity,
  accounts: readonly KnownAccount[],
  ofOrganisation: Membership,
): ((principal: Leaf) => Standing) => {
  const everyone = everyoneStanding(identity, accounts, ofOrganisation);
  return (principal) => {
    if (principal === 'everyone') return everyone;
    if (principal.startsWith('org:') || identity.email === undefined) return UNDECIDED;
    const name = principal.startsWith('person:') ? identity.email : domainOf(identity.email);
    return { is: yesOrNo(name === nameOf(principal)), at: Infinity };
  };
};

const yesOrNo = (yes: boolean): Membership => (yes ? 'yes' : 'no');

/** Without a directory, whoever has an e-mail in an owned domain is of the organisation. */
const ownedBy = ({ email }: Identity, { ownedDomains }: Looked['rules']): Membership =>
  yesOrNo(email !== undefined && ownedDomains.includes(domainOf(email)));

/** With one, whoever is active in it as a member; of a stranger to it nobody can say that they are not of it by another name. */
const organised = ({ is }: Activity): Membership => (is === 'member' ? 'yes' : 'undecided');

/** Somebody of the organisation, with a verified e-mail; a guest here, or one whose every account here is inactive, is undecided. */
const everyoneStanding = ({ email }: Identity, accounts: readonly KnownAccount[], ofOrganisation: Membership): Standing => {
  if (email === undefined || ofOrganisation === 'undecided') return UNDECIDED;
  if (ofOrganisation === 'no') return { is: 'no', at: Infinity };
  const at = Math.min(Infinity, ...accounts.map((account) => account.at));
  const guest = accounts.some(({ kind }) => kind === 'guest');
  const gone = accounts.length > 0 && accounts.every(({ active }) => !active);
  const stale = accounts.some(({ fresh }) => !fresh);
  return { is: guest || gone || stale ? 'undecided' : 'yes', at };
};
