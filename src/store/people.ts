import type { Identity } from '../core/caller.ts';

/** An account that carries an e-mail, for linking. */
export interface Match {
  readonly source: string;
  readonly account: string;
  readonly active: boolean;
  /** A person took the two apart, or gave the account to somebody with another e-mail: an e-mail does not link here. */
  readonly barred: boolean;
}

/** What a link was made on: an e-mail, or the word of a person who knows. */
export type LinkMade =
  | { readonly method: 'email'; readonly evidence: { readonly email: string } }
  | { readonly method: 'manual'; readonly evidence: ManualEvidence };

/** Why somebody linked by hand, who did, and the e-mails that the account carried then. */
export interface ManualEvidence {
  readonly reason: string;
  readonly operator: string;
  readonly emails: readonly string[];
}

/** A link between an identity and an account, with how and on what evidence it was made. */
export type Link = LinkMade & { readonly source: string; readonly account: string; readonly at: number };

/** A link as an e-mail makes it. */
export type EmailLink = Extract<Link, { readonly method: 'email' }>;

/**
 * What a person decides about somebody and an account. `who` with an e-mail means everybody who is known with it, and that
 * identity; without one, that identity alone.
 */
export interface Decision {
  readonly who: Identity;
  readonly source: string;
  readonly account: string;
  readonly reason: string;
  /** `os:<name>`. */
  readonly operator: string;
}

/** To link: whether whoever else the account is linked to loses it. */
export interface LinkDecision extends Decision {
  readonly andUnlink: boolean;
}

/** What a decision does to an account, as `issuer|subject`: who is linked by it, who is no more, and who else still is. */
export interface Decided {
  readonly linked: readonly string[];
  readonly unlinked: readonly string[];
  readonly others: readonly string[];
}

/** An identity that has come, or was named. */
export interface KnownIdentity {
  /** `issuer|subject`. */
  readonly who: string;
  readonly email?: string;
  /** To the hour, ms since 1970; absent where it was only named. */
  readonly seenAt?: number;
}

/** How an active account stands towards people; the first of these that is true of it. */
export const STANDINGS = [
  'twoPeople', // linked to two who do not share an e-mail
  'claimed', // linked by hand, and another who carries its e-mail has come
  'linked',
  'withoutEmail',
  'foreign', // has e-mails, none in a domain of the organisation
  'second', // carries an e-mail whose person is linked to another account of the source
  'linkable', // is linked when its person asks
  'shared', // another active account carries its e-mail too
  'refused', // a person took it from somebody who carries its e-mail
] as const;
export type Standing = (typeof STANDINGS)[number];

/** What waits for a person to decide, and the standings it is made of. */
export const CASES = {
  unmatched: ['withoutEmail', 'foreign', 'linkable', 'refused'],
  ambiguous: ['shared'],
  conflicting: ['twoPeople', 'claimed', 'second'],
} as const satisfies Readonly<Record<string, readonly Standing[]>>;
export type CaseKind = keyof typeof CASES;

/** An account that no link, or more than one, leads to. */
export interface AccountCase {
  readonly account: string;
  readonly name?: string;
  readonly emails: readonly string[];
  readonly standing: Standing;
  /** The other accounts it is about, a few. */
  readonly accounts: readonly string[];
  /** The identities it is about, a few. */
  readonly people: readonly string[];
}

/** A link, as it is listed: whose it is. */
export type ListedLink = Link & { readonly who: KnownIdentity; readonly name?: string };

/** The first of many. */
export interface Page<T> {
  readonly total: number;
  readonly listed: readonly T[];
}

/** What is asked about one source. */
export interface RollQuestion {
  readonly source: string;
  readonly ownedDomains: readonly string[];
  /** How many of each are listed. What is counted is counted whole. */
  readonly limit: number;
  /** Only what has to do with them: as in a decision. */
  readonly who?: Identity;
}

/** The active accounts of a source, and who they are. */
export interface Roll {
  readonly active: number;
  readonly standings: Readonly<Record<Standing, number>>;
  /** A run is writing it, or was when its process was killed: an e-mail links nothing here until one has ended. */
  readonly running: boolean;
  readonly links: Page<ListedLink>;
  readonly cases: Readonly<Record<CaseKind, Page<AccountCase>>>;
}
