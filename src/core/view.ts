import type { Field, Location } from './document.ts';
import type { OwnPath } from './own-path.ts';
import type { AskPerson, Made, Offered, Proposed, ProposeRequest } from './proposal.ts';
import type { Filter } from './snapshot.ts';

/** How far an author is trusted: a member or guest of the source, or somebody outside it. */
export type AuthorTrust = 'member' | 'guest' | 'outside';

/** A document its caller may see, without its text. Times are ms since 1970. */
export interface VisibleDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly type: string;
  readonly url: string;
  readonly author?: string;
  readonly labels: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  readonly updatedAt: number;
  readonly syncedAt: number;
  /** The oldest among the acl, containers, groups and accounts that decided. */
  readonly permissionsSyncedAt: number;
  /** Content and permissions are within their promises, and the source did not say just now that the content is another. */
  readonly fresh: boolean;
  /** By what is stored alone, or also by what the source says at this moment. */
  readonly decidedBy: 'stored' | 'live';
  /** SHA-256 of title and text, hex. */
  readonly contentHash: string;
  /** The acl class that decided, for the audit. */
  readonly acl: number;
}

/** A piece of a visible document. Its text is a quotation: data, never instructions. */
export interface Passage {
  readonly ordinal: number;
  readonly text: string;
  readonly location: Location;
  readonly authorTrust: AuthorTrust;
  /** Whether it can be found by meaning yet, or only by words. */
  readonly semantic: 'ready' | 'pending';
  /** How many hidden characters and remote references were taken out of it. */
  readonly stripped: number;
}

export interface SearchRequest extends Filter {
  /** Empty, with a `where`: all that meets it, the last changed first. */
  readonly query: string;
  /** How many documents, after skipping `offset`. */
  readonly limit: number;
  readonly offset: number;
}

/** Cuts an answer's meaning: a process-wide cause, never one of a caller or source. */
export type Degraded = 'semantic_unavailable';

export interface SearchFound {
  readonly hits: readonly { readonly document: VisibleDocument; readonly passage: Passage }[];
  /** The ids before `offset`, in order: what a cursor is checked against. */
  readonly before: readonly string[];
  readonly more: boolean;
  readonly degraded: readonly Degraded[];
  /** More meets what was asked than can be paged through. */
  readonly partial?: boolean;
}

export interface FetchFound {
  readonly document: VisibleDocument;
  /** All of them, in order; joined they are the text. */
  readonly passages: readonly Passage[];
}

export interface FetchOptions {
  /** Ask the source too, however fresh what is stored is. */
  readonly live?: boolean;
}

/** Why the caller may see a document. */
export interface ExplainFound {
  readonly document: VisibleDocument;
  readonly path: OwnPath;
}

/** A source in which the caller sees something. */
export interface VisibleSource {
  readonly name: string;
  readonly types: readonly string[];
  /** Declared fields that occur on visible documents. */
  readonly fields: readonly string[];
  readonly promise: { readonly contentWithin: number; readonly permissionsWithin: number };
  /** Of the visible documents: the newest change at the source, and the oldest confirmation. */
  readonly updatedAt: number;
  readonly syncedAt: number;
  readonly permissionsSyncedAt: number;
}

/** Why nothing was found. Only the audit may tell the two apart; a caller hears one answer. */
export type Missing = 'absent' | 'refused';

/** What one decision rested on, for the audit. */
export interface Basis {
  readonly version: number;
  readonly epoch: number;
  readonly databaseId: string;
}

/** The index as one caller may see it, at the instant of each call. */
export interface ReadView {
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchFound & { readonly basis: Basis }>;
  fetch(
    id: string,
    signal: AbortSignal,
    options?: FetchOptions,
  ): Promise<{ readonly found: FetchFound | Missing; readonly basis: Basis }>;
  explain(id: string, signal: AbortSignal): Promise<{ readonly found: ExplainFound | Missing; readonly basis: Basis }>;
  sources(signal: AbortSignal): Promise<{ readonly sources: readonly VisibleSource[]; readonly basis: Basis }>;
}

/** All that a tool sees: the index as one caller may see it, and what they may write in its sources. */
export interface View extends ReadView {
  /** What may be proposed: of the sources in which the caller sees something and has exactly one account. */
  writes(signal: AbortSignal): Promise<readonly Offered[]>;
  /** Writes nothing: shows what would be written. */
  propose(request: ProposeRequest, signal: AbortSignal): Promise<Proposed>;
  /** Proposes to take back what a proposal of this caller has written. */
  undo(proposal: string, signal: AbortSignal): Promise<Proposed>;
  /** Writes what was proposed, where it is decided. `ask` is how the person at the client is asked, where that is possible. */
  commit(confirmation: string, ask: AskPerson | undefined, signal: AbortSignal): Promise<Made>;
}
