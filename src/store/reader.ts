import type { Acl } from '../core/acl.ts';
import type { Activity } from '../core/activity.ts';
import type { Identity } from '../core/caller.ts';
import type { Facts } from '../core/decide.ts';
import type { Field, Location } from '../core/document.ts';
import type { KnownAccount } from '../core/leaf.ts';
import type { Carried } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { Filter, Snapshot } from '../core/snapshot.ts';
import type { Basis } from '../core/view.ts';
import type { PermissionRows } from './permission-rows.ts';
import type { HistorySubject } from './history-row.ts';
import type { RunStatus } from './store.ts';

/** A document as it is stored. Nothing here says that anybody may see it. Times are ms since 1970. */
export interface StoredDocument {
  readonly item: number;
  readonly source: string;
  readonly key: string;
  readonly title: string;
  readonly type: string;
  readonly url: string;
  readonly author?: { readonly name: string; readonly kind: 'member' | 'guest' };
  readonly labels: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  readonly updatedAt: number;
  readonly syncedAt: number;
  /** Its source has, or may have, another text than this, which could not be read since `syncedAt`. */
  readonly outdated: boolean;
  readonly permissionsSyncedAt: number;
  readonly contentHash: string;
  /** The source's own version of the text, where it said one. */
  readonly revision?: string;
  /** Of title and body, as the source gave them. */
  readonly bodyHash?: string;
  readonly acl: { readonly id: number; readonly value: Acl };
}

/** A chunk as it is stored. */
export interface StoredChunk {
  readonly chunk: number;
  readonly ordinal: number;
  readonly text: string;
  readonly location: Location;
  /** The account that wrote it; absent when the source does not know the author. */
  readonly author?: { readonly kind: 'member' | 'guest' };
  readonly stripped: number;
  readonly embeddedWith: readonly string[];
}

/** The acls that hold for one identity, each once, in no order. */
export interface HeldAcls {
  readonly acls: Uint32Array;
  /** The earliest instant at which a promise it rests on runs out, ms since 1970. */
  readonly until: number;
  /** Something that could have decided had run past its promise. The next commit, whatever it is, may confirm that. */
  readonly stale: boolean;
}

/** What is known of somebody, with links that are not made yet. */
export interface Presuming {
  facts(source: string, identity: Identity, rules: Rules, now: number): Facts;
  /** By source, and how they stand in the directory where there is one. */
  accounts(
    identity: Identity,
    rules: Rules,
    now: number,
  ): { readonly in: ReadonlyMap<string, readonly KnownAccount[]>; readonly activity?: Activity };
}

/** When a permission fact became what it is: the version of the index and, unless a person did it, the run. Times are ms since 1970. */
export interface Provenance {
  readonly version: number;
  readonly at: number;
  /** Without a status it is under way, or was killed. */
  readonly run?: { readonly id: number; readonly startedAt: number; readonly status?: RunStatus };
}

/** One read transaction of the index: everything, not yet narrowed. Only `access` and `reader` may hold one. */
export interface Reading {
  readonly basis: Basis;
  /** What decides who may see what, row by row. */
  readonly permissions: PermissionRows;
  /** Decides every acl for an identity in SQL. */
  holdAcls(identity: Identity, rules: Rules, now: number): HeldAcls;
  /** What the reference rule needs, read from the rows of this transaction. */
  facts(source: string, identity: Identity, rules: Rules, now: number): Facts;
  /** The accounts of a source that have to do with somebody. */
  accounts(source: string, identity: Identity, rules: Rules, now: number): readonly KnownAccount[];
  /** The same, and the accounts it is about, as if these links had been made: they are when their person asks. */
  presuming(links: readonly { readonly source: string; readonly account: string }[]): Presuming;
  /** When a fact became what it is. `of`: since when this member is in the group, or this identity (`issuer|subject`) linked to the account. */
  provenance(source: string, subject: HistorySubject, key: string, of?: string): Provenance | undefined;
  /** All who asked, and whoever active accounts and acls of these sources name by e-mail, of whom none asked. */
  people(sources: readonly string[]): { readonly identities: readonly Identity[]; readonly emails: readonly string[] };
  snapshot(held: HeldAcls, carried: Carried, now: number, filter: Filter): Snapshot;
  document(source: string, key: string): StoredDocument | undefined;
  /** All chunks of a document, in order, or those named. */
  chunks(item: number, ordinals?: readonly number[]): readonly StoredChunk[];
  /** What a sample of a source is drawn from. */
  readonly sampled: Sampled;
  /** One row for each source, type, acl and list of labels with something visible. */
  visibleSources(held: HeldAcls, carried: Carried, now: number): readonly VisibleRow[];
}

/** The documents of a source that share an acl and a container. */
export interface Cell {
  readonly acl: number;
  readonly parent: string | null;
  readonly documents: number;
}

/** What a sample of a source is drawn from, whoever may see it: in an order that stays while the index does. */
export interface Sampled {
  cells(source: string): Iterable<Cell>;
  /** The key of one document of a cell, counted from 0. */
  keyIn(source: string, cell: Omit<Cell, 'documents'>, nth: number): string | undefined;
  /** The e-mails that accounts carry, and what kind the account is: of several, the first of `guest`, `inactive`, `member`. */
  roster(source: string): readonly { readonly email: string; readonly kind: 'guest' | 'inactive' | 'member' }[];
}

/** The visible documents of one source, type, acl and list of labels, summed up. Times are ms since 1970. */
export interface VisibleRow {
  readonly source: string;
  readonly type: string;
  readonly acl: Acl;
  readonly labels: readonly string[];
  readonly fields: readonly string[];
  readonly updatedAt: number;
  readonly syncedAt: number;
  readonly permissionsSyncedAt: number;
}

/** A thread's own read-only connection to the index. Synchronous: it lives off the event loop. */
export interface Reader {
  /** Runs `look` in one read transaction. Rejects a damaged index with `unavailable`. */
  read<T>(look: (reading: Reading) => T): T;
  close(): void;
}
