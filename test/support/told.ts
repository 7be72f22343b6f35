import type { Acl } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Facts } from '../../src/core/decide.ts';
import type { Account } from '../../src/core/document.ts';
import { leafStanding } from '../../src/core/leaf.ts';
import type { Member } from '../../src/core/principal.ts';
import { type Service, serviceOf } from '../../src/core/service.ts';

/** What one source told, in memory. Everything is fresh and confirmed at 0 unless it says otherwise. */
export interface Told {
  readonly accounts?: readonly (Account & Confirmed)[];
  /** Accounts linked to an identity, by its subject. */
  readonly links?: Readonly<Record<string, readonly string[]>>;
  readonly groups?: Readonly<Record<string, Confirmed & { readonly members: readonly Member[] }>>;
  /** Containers and documents that stand as audiences. */
  readonly items?: Readonly<Record<string, Confirmed & { readonly acl: Acl }>>;
}

interface Confirmed {
  readonly at?: number;
  readonly fresh?: boolean;
}

/** Where it was told, and the services that the configuration lists. */
interface Where {
  readonly source?: string;
  readonly services?: ReadonlyMap<string, Service>;
}

/** What the rule may know of a source, for one person or service. The organisation owns acme.test. */
export const factsOf = (
  { accounts = [], links = {}, groups = {}, items = {} }: Told,
  person: Identity,
  { source = 'wiki', services = new Map() }: Where = {},
): Facts => {
  const rules = { ownedDomains: ['acme.test'], services };
  const service = serviceOf(person, rules);
  const email = service ? undefined : person.email;
  const linked = new Set(service ? service.accounts.get(source) : links[person.subject]);
  const known = accounts
    .filter(({ id, emails }) => linked.has(id) || (email !== undefined && emails.includes(email)))
    .map((account) => ({ ...account, linked: linked.has(account.id), at: account.at ?? 0, fresh: account.fresh ?? true }));
  return {
    leaf: leafStanding({ identity: person, rules, source, accounts: known }),
    listing: (name) => {
      const group = groups[name];
      return group && { members: group.members, at: group.at ?? 0, fresh: group.fresh ?? true };
    },
    audience: (key) => {
      const item = items[key];
      return item?.fresh === false ? undefined : item && { acl: item.acl, at: item.at ?? 0 };
    },
  };
};
