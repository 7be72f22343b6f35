import type { Acl } from '../../src/core/acl.ts';
import { activityOf } from '../../src/core/activity.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Facts } from '../../src/core/decide.ts';
import type { Account } from '../../src/core/document.ts';
import { asksDirectory, type KnownAccount, leafStanding } from '../../src/core/leaf.ts';
import type { Member } from '../../src/core/principal.ts';
import { type Service, serviceOf } from '../../src/core/service.ts';

/** What one source told, in memory. Everything is fresh and confirmed at 0 unless it says otherwise. */
export interface Told {
  readonly accounts?: readonly (Account & Confirmed)[];
  /** Accounts linked to an identity, by its subject. */
  readonly links?: Readonly<Record<string, readonly string[]>>;
  /** Those that ended because the account was no longer what they were made on. */
  readonly former?: Readonly<Record<string, readonly string[]>>;
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
  /** What the directory told; `unread`: and not to its end. */
  readonly directory?: Told & { readonly unread?: boolean };
}

/** What the rule may know of a source, for one person or service. The organisation owns acme.test. */
export const factsOf = (
  told: Told,
  person: Identity,
  { source = 'wiki', services = new Map(), directory }: Where = {},
): Facts => {
  const rules = { ownedDomains: ['acme.test'], services };
  const isService = serviceOf(person, rules) !== undefined;
  const activity =
    directory && !isService
      ? activityOf({ accounts: known(directory, person, { source: 'people' }, true), read: directory.unread !== true })
      : undefined;
  const looked = { identity: person, rules, ...(activity && { activity }) };
  const factsIn = (told: Told, name: string, its?: () => Facts): Facts => {
    const accounts = known(told, person, { source: name, services }, name === 'people');
    return {
      ...storedFacts(told),
      leaf: leafStanding({ ...looked, source: name, accounts }),
      get directory() {
        return its?.();
      },
    };
  };
  if (!directory || !asksDirectory(looked)) return factsIn(told, source);
  const inDirectory: Facts = factsIn(directory, 'people', () => inDirectory);
  return source === 'people' ? inDirectory : factsIn(told, source, () => inDirectory);
};

/** The accounts that have to do with somebody. */
const known = (
  { accounts = [], links = {}, former = {} }: Told,
  person: Identity,
  { source = 'wiki', services = new Map() }: Where,
  isDirectory: boolean,
): KnownAccount[] => {
  const service = serviceOf(person, { services });
  const email = service ? undefined : person.email;
  const linked = new Set(service ? service.accounts.get(source) : links[person.subject]);
  const was = new Set(service || !isDirectory ? [] : former[person.subject]);
  const carries = (emails: readonly string[]): boolean => email !== undefined && emails.includes(email);
  return accounts
    .filter(({ id, emails }) => linked.has(id) || was.has(id) || carries(emails))
    .map((account) => ({
      ...account,
      linked: linked.has(account.id),
      former: !service && !linked.has(account.id) && !carries(account.emails),
      at: account.at ?? 0,
      fresh: account.fresh ?? true,
    }));
};

const storedFacts = ({ groups = {}, items = {} }: Told): Pick<Facts, 'listing' | 'audience'> => {
  return {
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
