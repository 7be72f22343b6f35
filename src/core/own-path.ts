import type { Step } from './chain.ts';
import type { AclExplained, Explanation } from './explain.ts';
import type { Principal } from './principal.ts';

/** One term by which a caller may see something: where it comes from, and what of theirs it names. */
export interface OwnTerm {
  readonly from: string;
  readonly allow: Principal;
  /** From the group that is named to the caller; empty where it names them otherwise. */
  readonly through: readonly Step[];
}

/** A container whose audience the caller is in. */
export interface OwnContainer {
  readonly key: string;
  /** When its permissions were confirmed, ms since 1970. */
  readonly confirmedAt?: number;
  readonly terms: readonly OwnTerm[];
}

/** Why a caller may see a document, in what is theirs alone: nobody else whom the acl names, and nothing that did not decide. */
export interface OwnPath {
  readonly terms: readonly OwnTerm[];
  /** In the order in which they are first named. */
  readonly containers: readonly OwnContainer[];
  /** There are more containers than these. */
  readonly partial: boolean;
}

/** What of an explanation its own caller may hear: how each term holds, and no more. Undefined where it does not hold. */
export const ownPath = (explanation: Explanation): OwnPath | undefined => {
  const { containers, cut } = explanation;
  if (![explanation, ...containers].every(({ is }) => is === 'yes')) return undefined;
  return {
    terms: ownTerms(explanation),
    containers: containers.map(({ key, confirmedAt, ...acl }) => ({
      key,
      ...(confirmedAt === undefined ? {} : { confirmedAt }),
      terms: ownTerms(acl),
    })),
    partial: cut,
  };
};

const ownTerms = ({ terms }: AclExplained): OwnTerm[] =>
  terms.flatMap(({ from, allow }) => (allow ? [{ from, allow: allow.principal, through: allow.through }] : []));
