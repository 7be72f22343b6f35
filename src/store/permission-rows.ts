import type { Identity } from '../core/caller.ts';
import type { Membership } from '../core/decide.ts';
import type { PrincipalKind } from '../core/principal.ts';
import type { Rules } from '../core/rules.ts';

/**
 * The rows that decide who may see what, as numbers, in one transaction: what `access` builds its engine from.
 * Ids only grow, and of acls and principals nothing is ever changed or removed. Times are ms since 1970.
 */
export interface PermissionRows {
  marks(): Marks;
  sources(): readonly SourceRow[];
  /** `[id, source, kind]` as `PRINCIPAL_KINDS` counts them, by id; -1 for one that it does not know. */
  principals(after: number, limit: number): readonly Numbers<3>[];
  /**
   * `[org, group]`: what of the directory an `org:` of any source is, by its name, where the later of the two comes after the one
   * principal and both come up to the other.
   */
  orgGroups(directory: string, after: number, through: number): readonly Numbers<2>[];
  /** `[id, acl]`, by id. */
  terms(after: number, limit: number): readonly Numbers<2>[];
  /** `[term, deny, principal]` of the terms after the one, through the other. */
  grants(after: number, through: number): readonly Numbers<3>[];
  /** By principal. */
  groups(after: number, limit: number): readonly GroupRow[];
  group(principal: number): GroupRow | undefined;
  /** `[group, member]`, by both. */
  members(after: Numbers<2>, limit: number): readonly Numbers<2>[];
  isMember(group: number, member: number): boolean;
  /** The items that are named by the principals after the one, through the other. */
  audiences(after: number, through: number): readonly AudienceRow[];
  audience(principal: number): AudienceRow | undefined;
  /** What moved after an entry of the change log, in order. */
  changes(after: number, limit: number): readonly Moved[];
  /** How an identity stands to the leaves. */
  standing(identity: Identity, rules: Rules, now: number): LeafStandings;
}

/** A row of so many numbers. */
export type Numbers<Length extends 2 | 3> = Length extends 2 ? readonly [number, number] : readonly [number, number, number];

/** How far a transaction reaches; 0 where there is nothing yet. */
export interface Marks {
  /** The last entry the change log ever had, and the oldest that is still there. */
  readonly log: number;
  readonly oldest: number;
  readonly principal: number;
  readonly term: number;
}

export interface SourceRow {
  readonly id: number;
  readonly name: string;
  readonly confirmedAt: number;
}

export interface GroupRow {
  readonly principal: number;
  /** Never listed whole where it is null. */
  readonly listedAt: number | null;
  /** Whether the last try to list it failed. */
  readonly unknown: 0 | 1;
}

export interface AudienceRow {
  readonly principal: number;
  readonly acl: number;
  readonly at: number;
}

/** One entry of the change log: which row is to be read again. */
export type Moved = { readonly id: number; readonly a: number } & (
  | { readonly kind: 'member'; readonly b: number }
  | { readonly kind: 'group' | 'audience'; readonly b: null }
);

/** The kinds of principals, as they are counted in rows. */
export const PRINCIPAL_KINDS = [
  'user',
  'person',
  'domain',
  'org',
  'everyone',
  'public',
  'group',
  'audience',
] as const satisfies readonly PrincipalKind[];

/** How an identity stands to all leaves: to a few by their ids, to the rest of a kind in a source alike. */
export interface LeafStandings {
  readonly kinds: readonly {
    readonly source: number;
    readonly kind: number;
    readonly rest: Membership;
    readonly named: readonly { readonly principal: number; readonly is: Membership }[];
  }[];
  /** Whether the groups of the directory say what `org:` names: then it is no leaf. */
  readonly asksDirectory: boolean;
  /** When the first of the accounts that decide runs past its promise, and whether one did. */
  readonly until: number;
  readonly stale: boolean;
}
