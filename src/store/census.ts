import type { Identity } from '../core/caller.ts';
import type { Rules } from '../core/rules.ts';
import type { Standing } from './people.ts';
import type { SourceStatus } from './store.ts';

/** How the active accounts of a source stand towards people, each counted once: how many, and one of them. */
export interface AccountCensus extends Readonly<Record<Standing, { readonly accounts: number; readonly example?: string }>> {
  readonly active: number;
}

/** An e-mail that an active account carries, or that permissions name. */
export interface KnownEmail {
  readonly email: string;
  /** Of the account; a person who is only named in permissions has none. */
  readonly kind?: 'member' | 'guest';
}

/** What shuts documents of a source, by name, a few of each. */
export interface Closed {
  /** Why permissions are unknown. */
  readonly unknown: readonly string[];
  readonly groupsNeverListed: readonly string[];
  /** Of the organisation, and not listed in its directory, where there is one. */
  readonly orgGroups: readonly string[];
  readonly absentContainers: readonly string[];
}

/** What the directory says of the organisation, in numbers. */
export interface DirectoryCensus {
  /** Whether it was ever read to its end; before that it holds nobody. */
  readonly read: boolean;
  readonly active: number;
  readonly inactive: number;
  readonly groups: number;
}

/** The index, for its owner to look at: counts and causes, never a text. It changes nothing. */
export interface Census {
  /** In the order asked; a source never synced is absent. `directory`: the source whose groups `org:` names. */
  status(sources: readonly string[], directory?: string): readonly SourceStatus[];
  /** Throws `unavailable`, naming what is wrong, when the file is damaged. */
  check(): void;
  accounts(source: string, ownedDomains: readonly string[]): AccountCensus;
  directory(source: string): DirectoryCensus;
  /** Of one source, sorted. */
  emails(source: string, limit: number): readonly KnownEmail[];
  closed(source: string, directory?: string): Closed;
  /** How many documents an identity may see, by the rule that answers questions. Remembers which. */
  shown(identity: Identity, rules: Rules, now: number): number;
  /** How many documents any identity asked about may see. */
  shownToAnybody(): number;
  /** The latest instant this machine's clock gave to anything, ms since 1970; 0 in an empty index. */
  latest(): number;
  /** Every label a document has, sorted. */
  labels(): readonly string[];
  close(): void;
}
