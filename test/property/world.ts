/** A world as the model sees it: plain facts, no index. Times are ms since 1970. */
export interface World {
  now: number;
  readonly owned: readonly string[];
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
  readonly accounts: Record<string, { emails: readonly string[]; active: boolean; guest: boolean; at: number }>;
  readonly groups: Record<string, { members?: readonly string[]; unknown: boolean; at: number }>;
  readonly items: Record<string, ItemFacts>;
  /** Subject of a person → their account here. */
  readonly links: Record<string, string>;
}

export interface ItemFacts {
  readonly document: boolean;
  readonly acl: AclFacts;
  readonly labels: readonly string[];
  readonly parent?: string;
  /** When content and acl were last confirmed. */
  readonly contentAt: number;
  readonly aclAt: number;
}

export interface TermFacts {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export type AclFacts = 'unknown' | readonly TermFacts[];

/** The rules of the model. With one of them taken away, an answer that differs was decided by it. */
export const RULES = [
  'deny',
  'undecided',
  'nested group',
  'audience',
  'second term',
  'unknown acl',
  'guest',
  'stale',
  'unlinked',
  'unlisted',
  'service listed',
  'service undecided',
  'label',
  'client source',
] as const;
export type Rule = (typeof RULES)[number];

/** A name in a record, or nothing: ids are made by strangers, so `constructor` may be one. */
export const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
