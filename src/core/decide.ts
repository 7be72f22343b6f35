import type { Acl, AclTerm } from './acl.ts';
import { isAudience, isGroup, isOrg, type Leaf, type Member, nameOf, type Principal } from './principal.ts';

/** Whether a caller is what a principal names. Undecided never satisfies an allow and always triggers a deny. */
export type Membership = 'yes' | 'no' | 'undecided';

/** A membership, and the time of the oldest stored fact it rests on (ms since 1970; Infinity: it rests on none). */
export interface Standing {
  readonly is: Membership;
  readonly at: number;
}

/** All the rule may know: one source, one caller, one instant. */
export interface Facts {
  leaf(principal: Leaf): Standing;
  /** The last whole listing of a group; undefined when it was never listed whole. */
  listing(group: string): { readonly members: readonly Member[]; readonly at: number; readonly fresh: boolean } | undefined;
  /** The acl of a container or document; undefined when it is absent, deleted or past its promise. */
  audience(key: string): { readonly acl: Acl; readonly at: number } | undefined;
  /** The facts of the directory, where its groups say what `org:` names; those of the directory name themselves. */
  readonly directory?: Facts | undefined;
}

/** Chains of containers longer than this hold for nobody. */
export const ROUNDS = 64;

/**
 * The reference rule: does this acl hold? Every other decision in the product must agree with it.
 * `at` is the oldest fact among those that decided; undefined means the acl does not hold.
 */
export const decide = (acl: Acl, facts: Facts): { readonly at: number } | undefined => {
  const holding = roundsOf(audiencesWithin(acl, facts), facts).at(-1) ?? new Map();
  const at = held(acl, holding, facts);
  return at === undefined ? undefined : { at };
};

/** A container or document that an acl names as an audience. */
export type Container = NonNullable<ReturnType<Facts['audience']>>;

/** Which containers hold, and since when what decided stands: round after round, up to the least fixed point. */
export const roundsOf = (
  containers: ReadonlyMap<string, Container>,
  facts: Facts,
): readonly [ReadonlyMap<string, number>, ...ReadonlyMap<string, number>[]] => {
  let holding: ReadonlyMap<string, number> = new Map();
  const rounds: [ReadonlyMap<string, number>, ...ReadonlyMap<string, number>[]] = [holding];
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Map(holding);
    for (const [key, container] of containers) {
      const at = holding.has(key) ? undefined : held(container.acl, holding, facts);
      if (at !== undefined) next.set(key, Math.min(at, container.at));
    }
    if (next.size === holding.size) break;
    holding = next;
    rounds.push(holding);
  }
  return rounds;
};

/** Every term must hold. The answer is the oldest fact that decided, or undefined. */
const held = (acl: Acl, holding: ReadonlyMap<string, number>, facts: Facts): number | undefined => {
  if ('unknown' in acl) return undefined;
  const times = acl.terms.map((term) => termHeld(term, holding, facts));
  return times.reduce((oldest, at) => (oldest === undefined || at === undefined ? undefined : Math.min(oldest, at)), Infinity);
};

const termHeld = (term: AclTerm, holding: ReadonlyMap<string, number>, facts: Facts): number | undefined => {
  const denied = term.deny.map((principal) => standing(principal, holding, facts));
  if (denied.some(({ is }) => is !== 'no')) return undefined;
  for (const principal of term.allow) {
    const allowed = standing(principal, holding, facts);
    if (allowed.is === 'yes') return Math.min(allowed.at, ...denied.map(({ at }) => at));
  }
  return undefined;
};

/** How the caller stands to a principal, where these containers hold. */
export const standing = (principal: Principal, holding: ReadonlyMap<string, number>, facts: Facts): Standing => {
  if (isGroup(principal)) return groupStanding(nameOf(principal), facts);
  if (!isAudience(principal)) return leafStanding(principal, facts);
  const at = holding.get(nameOf(principal));
  return at === undefined ? { is: 'no', at: Infinity } : { is: 'yes', at };
};

/** A group of the organisation is the directory's group of that name. */
const leafStanding = (principal: Leaf, facts: Facts): Standing =>
  isOrg(principal) && facts.directory ? groupStanding(nameOf(principal), facts.directory) : facts.leaf(principal);

/** Yes through any chain of whole, fresh listings; else undecided if any branch is; else no. */
const groupStanding = (group: string, facts: Facts): Standing => {
  const chains = new Map([[group, Infinity]]); // group → oldest listing on the way to it; grows while it is walked
  let undecided = false;
  let oldest = Infinity;
  for (const [name, via] of chains) {
    const listing = facts.listing(name);
    undecided ||= !listing?.fresh;
    if (!listing?.fresh) continue;
    const at = Math.min(via, listing.at);
    oldest = Math.min(oldest, listing.at);
    for (const member of listing.members) {
      if (isGroup(member) || (isOrg(member) && facts.directory === facts)) {
        if (!chains.has(nameOf(member))) chains.set(nameOf(member), at);
        continue;
      }
      const leaf = leafStanding(member, facts);
      if (leaf.is === 'yes') return { is: 'yes', at: Math.min(at, leaf.at) };
      undecided ||= leaf.is === 'undecided';
      oldest = Math.min(oldest, leaf.at);
    }
  }
  return { is: undecided ? 'undecided' : 'no', at: oldest };
};

/** The containers an acl can reach, breadth first, each once. */
export const audiencesWithin = (acl: Acl, facts: Facts): ReadonlyMap<string, Container> => {
  const reached = new Map<string, Container>();
  const waiting = audiencesOf(acl);
  for (const key of waiting) {
    const container = facts.audience(key);
    if (!container || reached.has(key)) continue;
    reached.set(key, container);
    for (const next of audiencesOf(container.acl)) waiting.add(next);
  }
  return reached;
};

const audiencesOf = (acl: Acl): Set<string> =>
  new Set('unknown' in acl ? [] : acl.terms.flatMap(({ allow }) => allow.filter(isAudience).map(nameOf)));
