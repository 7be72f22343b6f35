import type { Acl } from '../core/acl.ts';
import type { Identity } from '../core/caller.ts';
import type { Facts } from '../core/decide.ts';
import type { Account } from '../core/document.ts';
import type { Member } from '../core/principal.ts';
import type { Rules } from '../core/rules.ts';
import type { Presuming, Reading } from './reader.ts';

/** A moment of the index: the version that was the last one then. `at`: ms since 1970. */
export interface Moment {
  readonly version: number;
  readonly at: number;
}

/** A document or container as it could be seen then. */
export interface PastItem {
  readonly key: string;
  readonly container: boolean;
  readonly acl: { readonly id: number; readonly value: Acl };
  /** Since when it was so, and by which run. */
  readonly since: Since;
}

/** What a group held then, as it was last listed whole. */
export interface PastListing {
  readonly members: readonly Member[];
  readonly since: Since;
}

export interface PastAccount extends Account {
  readonly since: Since;
}

/** When a fact became what it was: never when it was last confirmed, which is not recorded. */
export interface Since extends Moment {
  readonly run?: number;
}

/** Somebody who was linked then. `who`: `issuer|subject`. */
export interface PastLink {
  readonly who: string;
  readonly account: string;
  readonly since: Since;
}

/** The permission facts as of one version. All of them count as within their promises: when they were confirmed is not recorded. */
export interface AsOf {
  readonly version: number;
  item(source: string, key: string): PastItem | undefined;
  listing(source: string, group: string): PastListing | undefined;
  account(source: string, account: string): PastAccount | undefined;
  /** By their ids. */
  accounts(source: string): readonly PastAccount[];
  links(source: string): readonly PastLink[];
  /** What the reference rule needs. */
  facts(source: string, identity: Identity, rules: Rules): Facts;
  /** The accounts that had to do with somebody, and how they stood in the directory. */
  known(identity: Identity, rules: Rules): ReturnType<Presuming['accounts']>;
  provenance: Reading['provenance'];
  /** All who are known by now, and whom active accounts of these sources named by e-mail then. */
  people: Reading['people'];
  /** The rules that were last recorded then; undefined: none were yet. */
  rules(): (Moment & { readonly hash: string; readonly rules: Rules }) | undefined;
}

/** The index as it was, within one read transaction. */
export interface PastReading {
  readonly databaseId: string;
  /** Of the index now. */
  readonly version: number;
  /** Where its memory begins; undefined while nothing was ever written. */
  first(): Moment | undefined;
  /** The last version committed at or before a time (ms since 1970); undefined before the first record. */
  versionAt(at: number): Moment | undefined;
  asOf(version: number): AsOf;
  /** Rules by what the audit calls them. */
  rules(hash: string): Rules | undefined;
}

/** A read-only connection to what the index remembers. Synchronous. */
export interface Past {
  /** Runs `look` in one read transaction. Rejects a damaged index with `unavailable`. */
  read<T>(look: (reading: PastReading) => T): T;
  close(): void;
}
