import type { Rule } from './corners.ts';
import { type AclFacts, type ClientFacts, nameOf, own, type Person, type SourceFacts, type World } from './world.ts';

type Is = 'yes' | 'no' | 'undecided';

/** Chains of containers longer than this hold for nobody. */
const CHAIN_MAX = 64;

/** Who asks, through what. */
export interface Asking {
  readonly person: Person;
  readonly client: string;
}

/** The ids of all documents that somebody may see through a client. */
export const allowedTo = (world: World, { person, client }: Asking, without?: Rule): Set<string> =>
  new Set(
    Object.entries(world.sources).flatMap(([name, source]) => {
      const mayRead = readable(world, person, source, without);
      return Object.keys(source.items)
        .filter((key) => mayRead(key) && mayCarry(world, client, source, key, without))
        .map((key) => `${name}:${key}`);
    }),
  );

/**
 * Which documents of a source may this person read? Plain recursion from the meaning of acls; it knows no index, no epoch and no SQL.
 * `without`: as if that rule were not there.
 */
const readable = (world: World, person: Person, source: SourceFacts, without?: Rule): ((key: string) => boolean) => {
  const denies = ({ deny }: { readonly deny: boolean }): boolean => deny || without === 'stale, labelled';
  const fresh = (at: number): boolean =>
    !denies(source.permissions) || without === 'stale permissions' || world.now - at <= source.permissions.within;
  const shown = (at: number): boolean =>
    !denies(source.content) || without === 'stale content' || world.now - at <= source.content.within;
  const since = (at: number): number => Math.max(at, source.confirmed);
  const leaf = leavesOf(world, person, source, { fresh: (at) => fresh(since(at)), ...(without && { without }) });
  const elsewhere =
    without === 'group of another source' ? Object.values(world.sources).find((other) => other !== source) : undefined;
  const group = groupsOf(elsewhere ?? source, { leaf, since, fresh, ...(without && { without }) });

  const longest = without === 'audience chain > 3' ? 3 : without === 'audience chain > 64' ? 999 : CHAIN_MAX;
  const audience = (key: string, path: readonly string[]): boolean => {
    const item = own(source.items, key);
    if (without === 'audience' || !item || path.length >= longest || !fresh(since(item.aclAt))) return false;
    if (path.includes(key)) return without === 'cycle of containers';
    if (without === 'own grant in a cycle' && ring(source, key)) return false;
    return holds(item.acl, [...path, key]);
  };
  const is = (principal: string, path: readonly string[]): Is => {
    if (principal.startsWith('group:')) return group(principal.slice(6));
    if (!principal.startsWith('audience:')) return leaf(principal);
    return audience(principal.slice(9), path) ? 'yes' : 'no';
  };
  const clear = (denied: Is): boolean =>
    denied === 'no' || without === 'deny' || (without === 'undecided' && denied === 'undecided');
  const holds = (acl: AclFacts, path: readonly string[]): boolean => {
    if (acl === 'unknown') return without === 'unknown acl';
    const terms = without === 'second term' ? acl.slice(0, 1) : acl;
    return terms.every(({ allow, deny }) => deny.every((p) => clear(is(p, path))) && allow.some((p) => is(p, path) === 'yes'));
  };
  return (key) => {
    const item = own(source.items, key);
    return item?.document === true && fresh(since(item.aclAt)) && shown(since(item.contentAt)) && holds(item.acl, []);
  };
};

interface Judging {
  /** Whether what was confirmed then may still decide. */
  readonly fresh: (at: number) => boolean;
  readonly without?: Rule;
}

/** Who this person is in a source, without asking any group. */
const leavesOf = (
  world: World,
  person: Person,
  source: SourceFacts,
  { fresh, without }: Judging,
): ((principal: string) => Is) => {
  const { listed } = person;
  const email = listed ? undefined : person.email;
  const named = without === 'service listed' ? [] : listed?.accounts[nameOf(world, source)];
  const carries = ({ emails }: { readonly emails: readonly string[] }): boolean => email !== undefined && emails.includes(email);
  const linked = own(source.links, person.subject) ?? (without === 'ambiguous e-mail' ? anyActive(source, carries) : undefined);
  const isOwn = (id: string): boolean => (listed ? named?.includes(id) === true : id === linked);
  const accounts = Object.entries(source.accounts)
    .filter(([id, account]) => isOwn(id) || carries(account))
    .map(([id, account]) => ({ id, ...account, usable: fresh(account.at) }));
  const counts = ({ id, active }: { readonly id: string; readonly active: boolean }): boolean =>
    active ? isOwn(id) : (without === 'deactivated' && isOwn(id)) || (without === 'reused e-mail' && !listed);
  const mine = accounts.filter((account) => account.usable && counts(account));

  const user = (name: string): Is => {
    if (mine.length === 0) return without === 'unlinked' ? 'no' : 'undecided';
    if (mine.some(({ id }) => id === name)) return 'yes';
    return named?.includes(name) ? 'undecided' : 'no';
  };
  const everyone = (domain: string): Is => {
    if (!world.owned.includes(domain)) return 'no';
    const guest = without !== 'guest' && accounts.some((account) => account.guest);
    const gone = without !== 'deactivated' && accounts.length > 0 && accounts.every(({ active }) => !active);
    return guest || gone || accounts.some(({ usable }) => !usable) ? 'undecided' : 'yes';
  };
  return (principal) => {
    const [kind, name] = [principal.split(':')[0], principal.slice(principal.indexOf(':') + 1)];
    if (kind === 'public') return 'yes';
    if (kind === 'user') return user(name);
    if (listed?.principals.includes(principal) && without !== 'service listed') return 'yes';
    if (listed) return without === 'service undecided' ? 'no' : 'undecided';
    if (email === undefined || kind === 'org') return 'undecided';
    const domain = email.split('@')[1] ?? '';
    if (kind === 'person') return email === name ? 'yes' : 'no';
    if (kind === 'domain') return domain === name ? 'yes' : 'no';
    return everyone(domain);
  };
};

/** As if two active accounts with one e-mail were one person, and this the one. */
const anyActive = (source: SourceFacts, carries: (account: { readonly emails: readonly string[] }) => boolean) =>
  Object.entries(source.accounts).find(([, account]) => account.active && carries(account))?.[0];

interface Listings extends Judging {
  readonly leaf: (principal: string) => Is;
  readonly since: (at: number) => number;
}

/** How the person stands to a group: through any chain of whole, fresh listings. */
const groupsOf = (source: SourceFacts, { leaf, since, fresh, without }: Listings): ((id: string) => Is) => {
  const longest = without === 'nested group' ? 1 : without === 'group chain > 3' ? 3 : 999;
  const group = (id: string, path: readonly string[]): Is => {
    const listing = own(source.groups, id);
    if (path.includes(id)) return without === 'cycle of groups' ? 'undecided' : 'no';
    if (path.length >= longest) return 'no';
    if (!listing?.members) return without === 'group never listed' ? 'no' : 'undecided';
    if (listing.members.length === 0 && without === 'empty group') return 'undecided';
    if (!fresh(listing.unknown ? listing.at : since(listing.at))) return 'undecided';
    const each = listing.members.map((member) =>
      member.startsWith('group:') ? group(member.slice(6), [...path, id]) : leaf(member),
    );
    return each.includes('yes') ? 'yes' : each.includes('undecided') ? 'undecided' : 'no';
  };
  const known = new Map<string, Is>();
  return (id) => {
    const is = known.get(id) ?? group(id, []);
    known.set(id, is);
    return is;
  };
};

/** Does a chain of audiences lead from this container back to itself? */
const ring = (source: SourceFacts, key: string): boolean => {
  const reached = new Set(audiencesIn(source, key));
  for (const next of reached) for (const further of audiencesIn(source, next)) reached.add(further);
  return reached.has(key);
};

const audiencesIn = (source: SourceFacts, key: string): string[] => {
  const acl = own(source.items, key)?.acl ?? 'unknown';
  if (acl === 'unknown') return [];
  return acl.flatMap(({ allow }) => allow.filter((p) => p.startsWith('audience:')).map((p) => p.slice(9)));
};

const plain = (label: string): string => label.normalize('NFKC').trim().toLowerCase();

/** May this client carry that document, whoever may read it? A label is the same in another case, with spaces around it, composed or not. */
const mayCarry = (world: World, client: string, source: SourceFacts, key: string, without?: Rule): boolean => {
  const { sources, labels = [] }: ClientFacts = own(world.clients, client) ?? {};
  const denied = own(source.items, key)?.labels.some((label) => labels.map(plain).includes(plain(label))) ?? false;
  const foreign = sources !== undefined && !sources.includes(nameOf(world, source));
  return !(foreign && without !== 'client source') && !(denied && without !== 'label');
};
