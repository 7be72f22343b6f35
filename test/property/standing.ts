import type { Rule } from './corners.ts';
import { linksOf } from './links.ts';
import { nameOf, own, type Person, type SourceFacts, type World } from './world.ts';

/** Whether somebody is what a principal names. */
export type Is = 'yes' | 'no' | 'undecided';

/** What a source's promises say of a time: may it still decide, and may it still be shown? */
export interface Promises {
  readonly fresh: (at: number) => boolean;
  readonly shown: (at: number) => boolean;
  /** A run that said that all still stands confirms what is older. */
  readonly since: (at: number) => number;
}

/** The promises of a source, now. */
export const promisesOf = (world: World, source: SourceFacts, without?: Rule): Promises => {
  const denies = ({ deny }: { readonly deny: boolean }): boolean => deny || without === 'stale, labelled';
  const outlives =
    without === 'stale permissions' || (without === 'stale directory' && nameOf(world, source) === world.directory);
  return {
    fresh: (at) => !denies(source.permissions) || outlives || world.now - at <= source.permissions.within,
    shown: (at) => !denies(source.content) || without === 'stale content' || world.now - at <= source.content.within,
    since: (at) => Math.max(at, source.confirmed),
  };
};

/** The accounts of a person in a source: their own, and those that merely carry their e-mail. */
const accountsOf = (world: World, person: Person, source: SourceFacts, without?: Rule) => {
  const { fresh, since } = promisesOf(world, source, without);
  const { listed } = person;
  const email = listed ? undefined : person.email;
  const named = without === 'service listed' ? [] : (listed?.accounts[nameOf(world, source)] ?? []);
  const carries = ({ emails }: { readonly emails: readonly string[] }): boolean => email !== undefined && emails.includes(email);
  // As if two active accounts with one e-mail were one person.
  const anyActive = Object.entries(source.accounts).find(([, account]) => account.active && carries(account))?.[0];
  const links = linksOf(source, person).map(({ account }) => account);
  const linked = links.length === 0 && without === 'ambiguous e-mail' ? [anyActive] : links;
  const all = Object.entries(source.accounts).map(([id, account]) => ({
    id,
    ...account,
    usable: fresh(since(account.at)),
    own: (listed ? named : linked).includes(id),
    carries: carries(account),
  }));
  return { named, accounts: all.filter((account) => account.own || account.carries) };
};

/**
 * How a person stands in the directory. Gone: they have accounts there, now or by a link that ended, and none of them is surely active;
 * or it was never read to its end. Whom it surely does not know as one of its own is a stranger to it.
 */
const activityOf = (
  world: World,
  person: Person,
  directory: SourceFacts,
  without?: Rule,
): 'member' | 'guest' | 'stranger' | 'gone' => {
  const { fresh, since } = promisesOf(world, directory, without);
  const former = without === 'formerly linked' ? [] : (own(directory.former, person.subject) ?? []);
  const { accounts } = accountsOf(world, person, directory, without);
  const past = former
    .flatMap((id) => own(directory.accounts, id) ?? [])
    .map((account) => ({ ...account, usable: fresh(since(account.at)) }));
  const known = [...accounts, ...past];
  const read = directory.listed !== undefined || directory.confirmed > 0 || without === 'directory never read';
  if (!read) return 'gone';
  if (known.length > 0 && known.every(({ active, usable }) => !(active && usable)))
    return without === 'inactive in the directory' ? 'stranger' : 'gone';
  const linked = accounts.filter((account) => account.own && account.active && account.usable);
  if (linked.length === 0) return without === 'stranger to the directory' ? 'member' : 'stranger';
  return linked.some(({ guest }) => guest) && without !== 'guest in the directory' ? 'guest' : 'member';
};

/** Who is gone from the directory holds nothing, anywhere. */
export const isGone = (world: World, person: Person, without?: Rule): boolean => {
  const directory = directoryOf(world);
  return directory !== undefined && !person.listed && activityOf(world, person, directory, without) === 'gone';
};

const directoryOf = ({ sources, directory }: World): SourceFacts | undefined =>
  directory === undefined ? undefined : own(sources, directory);

/** How a person stands to the principals of a source that are no audience. */
export const standingsOf = (world: World, person: Person, without?: Rule) => {
  const { listed } = person;
  const email = listed ? undefined : person.email;
  const directory = directoryOf(world);

  const user = (source: SourceFacts): ((name: string) => Is) => {
    const { named, accounts } = accountsOf(world, person, source, without);
    const counts = ({ active, own: isOwn }: { readonly active: boolean; readonly own: boolean }): boolean =>
      active ? isOwn : (without === 'deactivated' && isOwn) || (without === 'reused e-mail' && !listed);
    const mine = accounts.filter((account) => account.usable && counts(account));
    return (name) => {
      if (mine.length === 0) return without === 'unlinked' ? 'no' : 'undecided';
      if (mine.some(({ id }) => id === name)) return 'yes';
      return named.includes(name) ? 'undecided' : 'no';
    };
  };

  const organised = (domain: string): Is => {
    if (directory && without !== 'active in the directory')
      return activityOf(world, person, directory, without) === 'member' ? 'yes' : 'undecided';
    return world.owned.includes(domain) ? 'yes' : 'no';
  };
  const everyone = (source: SourceFacts, domain: string): Is => {
    const member = organised(domain);
    if (member !== 'yes') return member;
    const { accounts } = accountsOf(world, person, source, without);
    const guest = without !== 'guest' && accounts.some((account) => account.guest);
    const gone = without !== 'deactivated' && accounts.length > 0 && accounts.every((account) => !account.active);
    return guest || gone || accounts.some(({ usable }) => !usable) ? 'undecided' : 'yes';
  };

  const shared = (source: SourceFacts, principal: string, path: readonly string[]): Is => {
    if (listed?.principals.includes(principal) && without !== 'service listed') return 'yes';
    if (listed) return without === 'service undecided' ? 'no' : 'undecided';
    if (email === undefined) return 'undecided';
    const [kind, name] = [principal.split(':')[0], principal.slice(principal.indexOf(':') + 1)];
    const domain = email.split('@')[1] ?? '';
    if (kind === 'person') return email === name ? 'yes' : 'no';
    if (kind === 'domain') return domain === name ? 'yes' : 'no';
    if (kind === 'everyone') return everyone(source, domain);
    return directory && without !== 'org group' ? group(directory, name, path) : 'undecided';
  };

  const users = new Map<SourceFacts, (name: string) => Is>();
  const leaf = (source: SourceFacts, principal: string, path: readonly string[]): Is => {
    if (principal === 'public') return 'yes';
    if (!principal.startsWith('user:')) return shared(source, principal, path);
    const is = users.get(source) ?? user(source);
    users.set(source, is);
    return is(principal.slice(5));
  };

  /** Through any chain of whole, fresh listings. */
  const longest = without === 'nested group' ? 1 : without === 'group chain > 3' ? 3 : 999;
  const group = (source: SourceFacts, id: string, path: readonly string[]): Is => {
    const { fresh, since } = promisesOf(world, source, without);
    const here = `${nameOf(world, source)} ${id}`;
    const listing = own(source.groups, id);
    if (path.includes(here)) return without === 'cycle of groups' ? 'undecided' : 'no';
    if (path.length >= longest) return 'no';
    if (!listing?.members) return without === 'group never listed' ? 'no' : 'undecided';
    if (listing.members.length === 0 && without === 'empty group') return 'undecided';
    if (!fresh(listing.unknown ? listing.at : since(listing.at))) return 'undecided';
    const each = listing.members.map((member) =>
      member.startsWith('group:') ? group(source, member.slice(6), [...path, here]) : leaf(source, member, [...path, here]),
    );
    return each.includes('yes') ? 'yes' : each.includes('undecided') || listing.waits ? 'undecided' : 'no';
  };

  return (source: SourceFacts): ((principal: string) => Is) => {
    const elsewhere =
      without === 'group of another source' ? Object.values(world.sources).find((other) => other !== source) : undefined;
    const known = new Map<string, Is>();
    const find = (principal: string): Is =>
      principal.startsWith('group:') ? group(elsewhere ?? source, principal.slice(6), []) : leaf(source, principal, []);
    return (principal) => {
      const is = known.get(principal) ?? find(principal);
      known.set(principal, is);
      return is;
    };
  };
};
