import type { Rule } from './corners.ts';
import { type Is, isGone, promisesOf, standingsOf } from './standing.ts';
import { type AclFacts, type ClientFacts, nameOf, own, type Person, type SourceFacts, type World } from './world.ts';

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
  if (isGone(world, person, without)) return () => false;
  const { fresh, shown, since } = promisesOf(world, source, without);
  const standing = standingsOf(world, person, without)(source);
  const longest = without === 'audience chain > 3' ? 3 : without === 'audience chain > 64' ? 999 : CHAIN_MAX;
  const audience = (key: string, path: readonly string[]): boolean => {
    const item = own(source.items, key);
    if (without === 'audience' || !item || path.length >= longest || !fresh(since(item.aclAt))) return false;
    if (path.includes(key)) return without === 'cycle of containers';
    if (without === 'own grant in a cycle' && ring(source, key)) return false;
    return holds(item.acl, [...path, key]);
  };
  const is = (principal: string, path: readonly string[]): Is => {
    if (!principal.startsWith('audience:')) return standing(principal);
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
    return (
      item?.document === true &&
      fresh(since(item.aclAt)) &&
      shown(item.outdated && without !== 'outdated text' ? -Infinity : since(item.contentAt)) &&
      holds(item.acl, [])
    );
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
