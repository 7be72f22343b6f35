import type { Acl, AclTerm } from './acl.ts';
import { audiencesWithin, type Container, type Facts, type Membership, ROUNDS, roundsOf, standing } from './decide.ts';
import { type Chain, chainTo } from './chain.ts';
import { isAudience, nameOf, type Principal } from './principal.ts';

/** How the caller stands to one principal of a term, and why. */
export interface Stood extends Chain {
  readonly principal: Principal;
  readonly is: Membership;
  /** The oldest stored fact that rests on, ms since 1970; absent where it rests on none. */
  readonly at?: number;
}

/** Why a term holds or does not. */
export interface TermExplained {
  readonly from: string;
  /** `undecided`: no deny surely matches, and what is not known keeps it from holding. */
  readonly is: Membership;
  /** The allow that matched: the first in the order of the acl. */
  readonly allow?: Stood;
  /** Where none matched, those that were looked at. */
  readonly allows: readonly Stood[];
  /** The denies that shut it: they match, or might. */
  readonly denies: readonly Stood[];
}

/** Why an acl holds or does not. */
export interface AclExplained {
  readonly is: Membership;
  /** The oldest fact that decided, ms since 1970, where it holds; Infinity where it rests on none. */
  readonly at?: number;
  /** Why the acl is unknown, where it is. */
  readonly unknown?: string;
  readonly terms: readonly TermExplained[];
}

/** A container that is named on the way. */
export interface ContainerExplained extends AclExplained {
  readonly key: string;
  /** When its acl was confirmed; absent where it is not there, or past its promise. */
  readonly confirmedAt?: number;
  /** It would hold, were the chain of containers below it shorter. */
  readonly tooDeep?: true;
}

/** Why a document may be seen by a caller, or not. Each container stands once, in the order in which it is first named. */
export interface Explanation extends AclExplained {
  readonly containers: readonly ContainerExplained[];
  /** There was more to say than is bearable to hear. */
  readonly cut: boolean;
}

/** An explanation with more containers is read by nobody. */
const CONTAINERS_MAX = 200;
/** So many allows that do not match are named. */
const ALLOWS_MAX = 50;

/** Says why `decide` decides as it does, by the same rule on the same facts. */
export const explain = (acl: Acl, facts: Facts): Explanation => {
  const within = audiencesWithin(acl, facts);
  const rounds = roundsOf(within, facts);
  const last = rounds.at(-1) ?? rounds[0];
  let known: ReadonlySet<string> | undefined;
  const might = (key: string): boolean => (known ??= mightHold(within, facts)).has(key);
  /** A container is explained by what held before it: so no cycle explains itself. */
  const before = (key: string): ReadonlyMap<string, number> => rounds.findLast((round) => !round.has(key)) ?? rounds[0];

  const document = aclExplained(acl, { facts, holding: last, might });
  const containers = new Map<string, ContainerExplained>();
  const waiting = new Set(namedBy(document));
  for (const key of waiting) {
    if (containers.size >= CONTAINERS_MAX) break;
    const container = within.get(key);
    const explained = container ? aclExplained(container.acl, { facts, holding: before(key), might }) : ABSENT;
    const tooDeep = explained.is === 'yes' && !last.has(key);
    containers.set(key, {
      key,
      ...explained,
      ...(container ? { confirmedAt: container.at } : {}),
      ...(tooDeep ? ({ is: 'no', tooDeep } as const) : {}),
    });
    for (const next of namedBy(explained)) waiting.add(next);
  }
  const cut = containers.size < waiting.size || [document, ...containers.values()].some(isCut);
  return { ...document, containers: [...containers.values()], cut };
};

interface Held {
  readonly facts: Facts;
  readonly holding: ReadonlyMap<string, number>;
  /** Whether a container that does not hold might. */
  readonly might: (key: string) => boolean;
}

const ABSENT: AclExplained = { is: 'no', terms: [] };

const aclExplained = (acl: Acl, held: Held): AclExplained => {
  if ('unknown' in acl) return { is: 'no', unknown: acl.unknown, terms: [] };
  const terms = acl.terms.map((term) => termExplained(term, held));
  const is = least(terms.map((term) => term.is));
  return { is, ...(is === 'yes' ? { at: Math.min(...acl.terms.map((term) => decidedAt(term, held))) } : {}), terms };
};

const termExplained = ({ from, allow, deny }: AclTerm, held: Held): TermExplained => {
  const denies = deny.map((principal) => stood(principal, held)).filter(({ is }) => is !== 'no');
  const allows: Stood[] = [];
  for (const principal of allow) {
    const allowed = stood(principal, held);
    if (allowed.is === 'yes') return { from, is: clear(denies), allow: allowed, allows: [], denies };
    allows.push(allowed);
  }
  const open = allows.some(({ is }) => is === 'undecided') ? clear(denies) : 'no';
  const telling = allows.toSorted((a, b) => Number(b.is === 'undecided') - Number(a.is === 'undecided'));
  return { from, is: open === 'no' ? 'no' : 'undecided', allows: telling.slice(0, ALLOWS_MAX + 1), denies };
};

/** What denies leave of a term of which an allow matches. */
const clear = (denies: readonly Stood[]): Membership => {
  if (denies.some(({ is }) => is === 'yes')) return 'no';
  return denies.length > 0 ? 'undecided' : 'yes';
};

/** The oldest fact by which a term holds: also those by which a deny does not match. */
const decidedAt = ({ allow, deny }: AclTerm, { holding, facts }: Held): number => {
  const allowed = allow.map((principal) => standing(principal, holding, facts)).find(({ is }) => is === 'yes');
  return Math.min(allowed?.at ?? Infinity, ...deny.map((principal) => standing(principal, holding, facts).at));
};

const stood = (principal: Principal, { facts, holding, might }: Held): Stood => {
  const { is, at } = standing(principal, holding, facts);
  const since = at === Infinity ? {} : { at };
  if (!isAudience(principal)) return { principal, is, ...since, ...chainTo(principal, is, facts) };
  const open: Membership = is === 'no' && might(nameOf(principal)) ? 'undecided' : is;
  return { principal, is: open, ...since, through: [] };
};

const ORDER: readonly Membership[] = ['no', 'undecided', 'yes'];
const least = (all: readonly Membership[]): Membership => ORDER.find((one) => all.includes(one)) ?? 'yes';

/** The containers that hold if all that is undecided were as it suits the caller. */
const mightHold = (containers: ReadonlyMap<string, Container>, facts: Facts): ReadonlySet<string> => {
  let might: ReadonlyMap<string, number> = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Map(might);
    for (const [key, { acl }] of containers) if (!next.has(key) && mightBe(acl, might, facts)) next.set(key, 0);
    if (next.size === might.size) break;
    might = next;
  }
  return new Set(might.keys());
};

const mightBe = (acl: Acl, might: ReadonlyMap<string, number>, facts: Facts): boolean =>
  !('unknown' in acl) &&
  acl.terms.every(
    ({ allow, deny }) =>
      deny.every((principal) => standing(principal, might, facts).is !== 'yes') &&
      allow.some((principal) => standing(principal, might, facts).is !== 'no'),
  );

/** The containers it speaks of: the one that let the caller in, or all that did not. */
const namedBy = ({ terms }: AclExplained): string[] =>
  terms.flatMap(({ allow, allows }) =>
    (allow ? [allow] : allows)
      .map(({ principal }) => principal)
      .filter(isAudience)
      .map(nameOf),
  );

const isCut = ({ terms }: AclExplained): boolean => terms.some(({ allows }) => allows.length > ALLOWS_MAX);
