import type { Facts, Membership } from './decide.ts';
import { isAudience, isGroup, type Member, nameOf, type Principal } from './principal.ts';

/** What is looked at: the facts of the document's source and, for groups of the organisation, those of the directory. */
export interface Grounds {
  readonly facts: Facts;
  readonly directory?: Facts;
}

/** One link of a chain: a group, or last of all the member that the caller is, or might be. */
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
export const chainTo = (principal: Principal, is: Membership, { facts, directory }: Grounds): Chain => {
  if (is === 'no' || isAudience(principal)) return { through: [] };
  if (isGroup(principal)) return chainOf(principal, is, facts);
  const org = principal.startsWith('org:') && directory ? chainOf(`group:${nameOf(principal)}`, is, directory) : undefined;
  if (org) return org;
  return is === 'yes' ? { through: [] } : { through: [], doubt: 'undecided' };
};

interface Node {
  readonly principal: `group:${string}`;
  readonly via?: Node;
  readonly at?: number;
}

/** The shortest chain, in the order in which the rule looks: which of several is shown rests on groups that hold the caller, and on no other. */
const chainOf = (group: `group:${string}`, is: Membership, facts: Facts): Chain => {
  const waiting = new Map<string, Node>([[group, { principal: group }]]);
  let doubtful: Chain | undefined;
  for (const node of waiting.values()) {
    const listing = facts.listing(nameOf(node.principal));
    const listed: Node = listing ? { ...node, at: listing.at } : node;
    if (!listing?.fresh) {
      doubtful ??= { through: stepsTo(listed), doubt: listing ? 'past its promise' : 'never listed' };
      continue;
    }
    for (const member of listing.members) {
      if (isGroup(member)) {
        if (!waiting.has(member)) waiting.set(member, { principal: member, via: listed });
        continue;
      }
      const leaf = facts.leaf(member);
      if (leaf.is === 'no') continue;
      const step: Step = { principal: member, ...(leaf.at === Infinity ? {} : { at: leaf.at }) };
      const through = [...stepsTo(listed), step];
      if (leaf.is === 'yes') return { through };
      doubtful ??= { through, doubt: 'undecided' };
    }
  }
  return is === 'undecided' && doubtful ? doubtful : { through: [] };
};

const stepsTo = (node: Node): Step[] => {
  const steps: Step[] = [];
  for (let at: Node | undefined = node; at; at = at.via) {
    steps.unshift({ principal: at.principal, ...(at.at === undefined ? {} : { at: at.at }) });
  }
  return steps;
};
