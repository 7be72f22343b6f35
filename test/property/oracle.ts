import { type AclFacts, type ClientFacts, own, type Person, type Rule, type SourceFacts, type World } from './world.ts';

type Is = 'yes' | 'no' | 'undecided';

/** May this person read that document? Plain recursion from the meaning of acls; it knows no index, no epoch and no SQL. */
export const mayRead = (world: World, person: Person, source: SourceFacts, key: string, without?: Rule): boolean => {
  const fresh = (at: number, rule = source.permissions): boolean =>
    !rule.deny || without === 'stale' || world.now - at <= rule.within;
  const since = (at: number): number => Math.max(at, source.confirmed);
  const { listed } = person;
  const email = listed ? undefined : person.email;
  const linked = own(source.links, person.subject);
  const named = without === 'service listed' ? [] : listed?.accounts[nameOf(world, source)];
  const isOwn = (id: string): boolean => (listed ? named?.includes(id) === true : id === linked);
  const accounts = Object.entries(source.accounts)
    .filter(([id, { emails }]) => isOwn(id) || (email !== undefined && emails.includes(email)))
    .map(([id, account]) => ({ id, ...account, fresh: fresh(since(account.at)) }));
  const mine = accounts.filter(({ id, active, fresh: usable }) => isOwn(id) && active && usable);

  const leaf = (principal: string): Is => {
    const [kind, name] = [principal.split(':')[0], principal.slice(principal.indexOf(':') + 1)];
    if (kind === 'public') return 'yes';
    if (kind === 'user' && mine.length === 0) return without === 'unlinked' ? 'no' : 'undecided';
    if (kind === 'user' && mine.some(({ id }) => id === name)) return 'yes';
    if (kind === 'user') return named?.includes(name) ? 'undecided' : 'no';
    if (listed?.principals.includes(principal) && without !== 'service listed') return 'yes';
    if (listed) return without === 'service undecided' ? 'no' : 'undecided';
    if (email === undefined || kind === 'org') return 'undecided';
    const domain = email.split('@')[1] ?? '';
    if (kind === 'person') return email === name ? 'yes' : 'no';
    if (kind === 'domain') return domain === name ? 'yes' : 'no';
    if (!world.owned.includes(domain)) return 'no'; // everyone
    const guest = without !== 'guest' && accounts.some((account) => account.guest);
    const gone = accounts.length > 0 && accounts.every(({ active }) => !active);
    return guest || gone || accounts.some((account) => !account.fresh) ? 'undecided' : 'yes';
  };
  const group = (id: string, path: readonly string[]): Is => {
    const listing = own(source.groups, id);
    if (path.includes(id)) return 'no';
    if (!listing?.members) return without === 'unlisted' ? 'no' : 'undecided';
    if (!fresh(listing.unknown ? listing.at : since(listing.at))) return 'undecided';
    const each = listing.members.map((member) => {
      if (!member.startsWith('group:')) return leaf(member);
      return without === 'nested group' ? 'no' : group(member.slice(6), [...path, id]);
    });
    return each.includes('yes') ? 'yes' : each.includes('undecided') ? 'undecided' : 'no';
  };
  const is = (principal: string, path: readonly string[]): Is => {
    if (principal.startsWith('group:')) return group(principal.slice(6), []);
    if (!principal.startsWith('audience:')) return leaf(principal);
    const item = own(source.items, principal.slice(9));
    if (without === 'audience' || !item || path.length >= 64 || path.includes(principal) || !fresh(since(item.aclAt)))
      return 'no';
    return holds(item.acl, [...path, principal]) ? 'yes' : 'no';
  };
  const holds = (acl: AclFacts, path: readonly string[]): boolean => {
    if (acl === 'unknown') return without === 'unknown acl';
    const clear = (denied: Is): boolean =>
      denied === 'no' || without === 'deny' || (without === 'undecided' && denied === 'undecided');
    const terms = without === 'second term' ? acl.slice(0, 1) : acl;
    return terms.every(({ allow, deny }) => allow.some((p) => is(p, path) === 'yes') && deny.every((p) => clear(is(p, path))));
  };
  const item = own(source.items, key);
  if (!item?.document || !fresh(since(item.aclAt))) return false;
  return fresh(since(item.contentAt), source.content) && holds(item.acl, []);
};

const plain = (label: string): string => label.normalize('NFKC').trim().toLowerCase();

const nameOf = ({ sources }: World, source: SourceFacts): string =>
  Object.keys(sources).find((name) => sources[name] === source) ?? '';

/** May this client carry that document, whoever may read it? A label is the same in another case, with spaces around it, composed or not. */
export const mayCarry = (world: World, client: string, source: SourceFacts, key: string, without?: Rule): boolean => {
  const { sources, labels = [] }: ClientFacts = own(world.clients, client) ?? {};
  const denied = own(source.items, key)?.labels.some((label) => labels.map(plain).includes(plain(label))) ?? false;
  const foreign = sources !== undefined && !sources.includes(nameOf(world, source));
  return !(foreign && without !== 'client source') && !(denied && without !== 'label');
};
