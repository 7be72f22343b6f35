import type { Identity } from './caller.ts';
import type { Membership, Standing } from './decide.ts';
import type { Account } from './document.ts';
import { domainOf, type Leaf, nameOf } from './principal.ts';

/** An account of the asked source that has to do with the caller. */
export interface KnownAccount extends Account {
  /** Linked to the caller's identity. Otherwise it merely carries the caller's e-mail. */
  readonly linked: boolean;
  /** Confirmed at, ms since 1970. */
  readonly at: number;
  /** Within the source's promise, so that it may decide. */
  readonly fresh: boolean;
}

/** Decides the principals that need no listing, for one caller in one source. */
export const leafStanding = (
  identity: Identity,
  ownedDomains: readonly string[],
  accounts: readonly KnownAccount[],
): ((principal: Leaf) => Standing) => {
  const usable = accounts.filter(({ linked, active, fresh }) => linked && active && fresh);
  const inSource = Math.min(...usable.map(({ at }) => at));
  const everyone = everyoneStanding(identity, ownedDomains, accounts);
  return (principal) => {
    if (principal === 'public') return { is: 'yes', at: Infinity };
    if (principal === 'everyone') return everyone;
    if (principal.startsWith('user:')) {
      if (usable.length === 0) return { is: 'undecided', at: Infinity };
      const own = usable.find(({ id }) => id === nameOf(principal));
      return own ? { is: 'yes', at: own.at } : { is: 'no', at: inSource };
    }
    if (principal.startsWith('org:') || identity.email === undefined) return { is: 'undecided', at: Infinity };
    const name = principal.startsWith('person:') ? identity.email : domainOf(identity.email);
    return { is: yesOrNo(name === nameOf(principal)), at: Infinity };
  };
};

const yesOrNo = (yes: boolean): Membership => (yes ? 'yes' : 'no');

/** A verified e-mail in an owned domain; a guest, or one whose every account here is inactive, is undecided. */
const everyoneStanding = ({ email }: Identity, ownedDomains: readonly string[], accounts: readonly KnownAccount[]): Standing => {
  if (email === undefined) return { is: 'undecided', at: Infinity };
  if (!ownedDomains.includes(domainOf(email))) return { is: 'no', at: Infinity };
  const at = Math.min(Infinity, ...accounts.map((account) => account.at));
  const guest = accounts.some(({ kind }) => kind === 'guest');
  const gone = accounts.length > 0 && accounts.every(({ active }) => !active);
  const stale = accounts.some(({ fresh }) => !fresh);
  return { is: guest || gone || stale ? 'undecided' : 'yes', at };
};
