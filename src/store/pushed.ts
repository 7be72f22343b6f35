import type { Account } from '../core/document.ts';
import type { Member } from '../core/principal.ts';

export type PushedKind = 'User' | 'Group';

/** A person or a group as an identity provider pushed it. */
export interface Pushed {
  readonly kind: PushedKind;
  /** Ours, given once. */
  readonly id: string;
  /** As it is compared: no two of a kind have the same. */
  readonly name: string;
  readonly externalId?: string;
  /** Counts its changes. */
  readonly version: number;
  /** ms since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** How one of them is looked up. */
export type Lookup = { readonly id: string } | { readonly name: string };

/** What was pushed, to be read. */
export interface PushedReading {
  find(kind: PushedKind, by: Lookup): Pushed | undefined;
  /** The provider's own id is the provider's to keep apart. */
  carrying(kind: PushedKind, externalId: string): readonly Pushed[];
  count(kind: PushedKind): number;
  /** In the order they came. */
  page(kind: PushedKind, from: number, most: number): readonly Pushed[];
  /** All of them, in the order they came. */
  all(kind: PushedKind): Iterable<Pushed>;
}

/** One change from inside: rows and the permissions that follow from them are one commit. */
export interface PushedChange extends PushedReading {
  /** ms since 1970. */
  readonly at: number;
  put(pushed: Pushed): void;
  remove(id: string): void;
  account(account: Account): void;
  /** Lists a group whole. */
  list(group: string, members: readonly Member[]): void;
  /** A group that was never listed, from now on. */
  unlist(group: string): void;
  /** The groups that name this member. */
  holders(member: Member): readonly string[];
}

/** What identity providers pushed to one source. It runs on the thread that opened it. */
export interface PushedStore extends PushedReading {
  /** All that `work` does is on disk when this returns, or none of it. Throws `conflict` while a run writes the source. */
  change<T>(work: (change: PushedChange) => T): T;
  close(): void;
}
