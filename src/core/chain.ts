import { type Facts, type Membership, standing } from './decide.ts';
import { isAudience, isGroup, isOrg, type Member, nameOf, type Principal } from './principal.ts';

/**
 * One link of a chain: a group, or last of all the member that the caller is, or might be. A group of the directory is written
 * `org:<group>`, and what follows it is of the directory.
 */
export interface Step {
  readonly principal: Member;
  /** When the group was listed, or what is known of the member was confirmed, ms since 1970; absent where nothing is. */
  readonly at?: number;
}

/** Why it is not known whether the caller is somebody: of the last step of the chain, or of the principal itself. */
export type Doubt = 'never listed' | 'past its promise' | 'undecided';

/** How a caller comes to be what a principal names, or what keeps it from being known. */
export interface Chain {
  /** From the group that is named to the member; empty where no group is looked into. */
  readonly through: readonly Step[];
  readonly doubt?: Doubt;
}

/** The chain by which the caller is, or might be, a principal that is no audience. */
export const chainTo = (principal: Principal, is: Membership, facts: Facts): Chain => {
  if (is === 'no' || isAudience(principal)) return { through: [] };
  const group = groupIn(principal, facts);
  if (group) return chainOf(group, is);
  return is === 'yes' ? { through: [] } : { through: [], doubt: 'undecided' };
};

/** A group, and where it is listed. */
interface Group {
  readonly principal: Member;
  readonly facts: Facts;
}

/** A group that is way down from the one that was named. */
interface Node extends Group {
  readonly via?: Node;
  readonly at?: number;
}

/** What is looked into further: a group of the same source, or one of the directory. */
const groupIn = (principal: Member | 'public', facts: Facts): Group | undefined => {
  if (isOrg(principal)) return facts.directory && { principal, facts: facts.directory };
  if (!isGroup(principal)) return undefined;
  return facts.directory === facts ? { principal: `org:${nameOf(principal)}`, facts } : { principal, facts };
};

/**
 * The shortest chain, in the order in which the rule looks: which of several is shown rests on groups that hold the caller,
 * and on no other.
 */
const chainOf = (group: Group, is: Membership): Chain => {
  const waiting = new Map<Member, Node>([[group.principal, group]]);
  let doubtful: Chain | undefined;
  for (const node of waiting.values()) {
    const { facts } = node;
    const listing = facts.listing(nameOf(node.principal));
    const listed: Node = listing ? { ...node, at: listing.at } : node;
    if (!listing?.fresh) {
      doubtful ??= { through: stepsTo(listed), doubt: listing ? 'past its promise' : 'never listed' };
      continue;
    }
    for (const member of listing.members) {
      const inner = groupIn(member, facts);
      if (inner?.facts === facts) {
        if (!waiting.has(inner.principal)) waiting.set(inner.principal, { ...inner, via: listed });
        continue;
      }
      const { is: stands, at } = standing(member, new Map(), facts);
      if (stands === 'no') continue;
      const below = inner ? chainOf(inner, stands) : { through: [stepOf(member, at)], ...doubtOf(stands) };
      const through = [...stepsTo(listed), ...below.through];
      if (stands === 'yes') return { through };
      doubtful ??= { ...below, through };
    }
  }
  return is === 'undecided' && doubtful ? doubtful : { through: [] };
};

const doubtOf = (is: Membership): Pick<Chain, 'doubt'> => (is === 'undecided' ? { doubt: 'undecided' } : {});

const stepOf = (principal: Member, at: number = Infinity): Step => ({ principal, ...(at === Infinity ? {} : { at }) });

const stepsTo = (node: Node): Step[] => {
  const steps: Step[] = [];
  for (let one: Node | undefined = node; one; one = one.via) steps.unshift(stepOf(one.principal, one.at));
  return steps;
};
