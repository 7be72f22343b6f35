import type { Field } from '../../src/core/document.ts';

/** A world as the model sees it: plain facts, no index. Times are ms since 1970. */
export interface World {
  now: number;
  readonly owned: readonly string[];
  /** The source that says who is who and who is active, in a world that has one. */
  readonly directory?: string;
  readonly sources: Record<string, SourceFacts>;
  readonly people: readonly Person[];
  /** By client; one that is not named carries all. */
  readonly clients: Readonly<Record<string, ClientFacts>>;
}

/** What a client may carry. */
export interface ClientFacts {
  readonly sources?: readonly string[];
  readonly labels?: readonly string[];
}

export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly email?: string;
  /** Set where it is no person but a service: all that is listed for it. */
  readonly listed?: { readonly principals: readonly string[]; readonly accounts: Readonly<Record<string, readonly string[]>> };
}

export interface SourceFacts {
  readonly permissions: { readonly within: number; readonly deny: boolean };
  readonly content: { readonly within: number; readonly deny: boolean };
  /** Of the last run that said that all it does not mention still stands. */
  confirmed: number;
  /** Of the last run that listed the source whole. */
  listed?: number;
  /** A run writes it, or was killed while it did. */
  running: boolean;
  /** A run wrote it at least once. */
  ran: boolean;
  readonly accounts: Record<string, AccountFacts>;
  readonly groups: Record<string, GroupFacts>;
  /** Accounts as they were told to be, that wait for the end of a run. */
  readonly waiting: Record<string, AccountFacts>;
  /** Keys that an acl ever named as an audience. */
  readonly named: Set<string>;
  /** When a run that lost nothing last ended. */
  whole?: number;
  readonly items: Record<string, ItemFacts>;
  /** Subject of a person → their accounts here. */
  readonly links: Record<string, readonly LinkFacts[]>;
  /** Account → the e-mails and, where there was none, the subjects of those whom a person took from it. */
  readonly refused: Record<string, readonly string[]>;
  /** Subject of a person → the accounts here whose link to them ended by itself. */
  readonly former: Record<string, readonly string[]>;
}

export interface LinkFacts {
  readonly account: string;
  readonly byHand: boolean;
  /** What the account carried when it was made: a link ends when none of it is left. */
  readonly emails: readonly string[];
}

/** While members wait, whoever is not among those that stay is undecided. */
export interface GroupFacts {
  readonly members?: readonly string[];
  readonly unknown: boolean;
  readonly at: number;
  readonly waits?: { readonly members: readonly string[]; readonly at: number };
}

export interface AccountFacts {
  readonly emails: readonly string[];
  active: boolean;
  readonly guest: boolean;
  readonly at: number;
}

export interface ItemFacts {
  readonly document: boolean;
  readonly acl: AclFacts;
  /** The acl that waits for the end of a run. */
  readonly waits?: AclFacts;
  readonly labels: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  readonly updatedAt: number;
  readonly parent?: string;
  /** When content and acl were last confirmed. */
  readonly contentAt: number;
  /** Its text could not be read since, and may be another now. */
  readonly outdated?: true;
  readonly aclAt: number;
}

export interface TermFacts {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export type AclFacts = 'unknown' | readonly TermFacts[];

/** A source of which nothing was said yet. */
export const silentSource = (promises: Pick<SourceFacts, 'permissions' | 'content'>): SourceFacts => ({
  ...promises,
  confirmed: 0,
  running: false,
  accounts: {},
  groups: {},
  waiting: {},
  ran: false,
  named: new Set(),
  items: {},
  links: {},
  refused: {},
  former: {},
});

/** A name in a record, or nothing: ids are made by strangers, so `constructor` may be one. */
export const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** What a source of this world is called. */
export const nameOf = ({ sources }: World, source: SourceFacts): string =>
  Object.keys(sources).find((name) => sources[name] === source) ?? '';
