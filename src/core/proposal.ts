import type { Acl } from './acl.ts';
import type { AuditedDocument } from './audit.ts';
import type { WritePolicy } from './policy.ts';
import type { Basis, Missing } from './view.ts';
import type { FieldChange, Receipt, WriteAction } from './write.ts';

/** What somebody asks to write. */
export interface ProposeRequest {
  readonly action: string;
  /** The id of a document, or the name of a source; may be left out where one source alone offers the action on itself. */
  readonly target?: string;
  readonly input: unknown;
  /** Of the caller's making: the same key with the same request is the same proposal, with another request a `conflict`. */
  readonly idempotencyKey?: string;
}

/** What stands between a proposal and its commit. Each is stricter than the one before. */
export type Needs = Exclude<WritePolicy, 'forbid'>;

/** A document its caller read, which not everybody may read who may read what is about to be written. */
export interface Exposed {
  readonly id: string;
  /** When it was read last, ms since 1970. */
  readonly at: number;
}

/** What would be written, for whoever decides. Times are ms since 1970. */
export interface Proposal {
  readonly id: string;
  readonly action: string;
  readonly source: string;
  /** Of the target, where it is a document. */
  readonly document?: string;
  readonly target: string;
  readonly changes: readonly FieldChange[];
  readonly audience: Acl;
  /** Whether more people may read what is written than something of what the caller read. Then somebody else decides. */
  readonly exposed: readonly Exposed[];
  readonly warnings: readonly string[];
  readonly needs: Needs;
  readonly expiresAt: number;
}

/** Where a decision was made: never by the model. */
export type DecidedThrough = 'elicitation' | 'page' | 'cli' | 'client';

/** A person's word on a proposal. */
export interface Decision {
  readonly yes: boolean;
  readonly through: DecidedThrough;
  /** Who said it: `issuer|subject`, `os:<user>`, or the person a link was made for. */
  readonly by: string;
}

/** What somebody found out about a write of which nobody could say whether it was made. */
export interface Finding {
  readonly written: boolean;
  readonly through: Extract<DecidedThrough, 'cli'>;
  /** Who looked: `os:<user>`. */
  readonly by: string;
}

/** How what was uncertain ended, and by whose word: its source is asked once more, and where it knows by now, that counts. */
export interface Concluded {
  readonly outcome: 'done' | 'absent';
  readonly word: 'person' | 'source';
}

/** How a commit ended. */
export type Committed =
  | { readonly outcome: 'done'; readonly proposal: string; readonly receipt: Receipt; readonly document: string }
  /** Nobody could say, until a person looked: there is no receipt of it, and nothing to take it back by. */
  | { readonly outcome: 'done'; readonly proposal: string; readonly byPerson: true }
  | { readonly outcome: 'absent' | 'uncertain'; readonly proposal: string; readonly byPerson?: true }
  /** Nothing was written: somebody must decide first. */
  | { readonly outcome: 'undecided'; readonly proposal: string; readonly needs: Exclude<Needs, 'auto'> };

/** Asks the person at the client, outside the model. `unable`: the client cannot. */
export type AskPerson = (proposal: Proposal, signal: AbortSignal) => Promise<'yes' | 'no' | 'unable'>;

/** A proposal, and the word by which the one who asked for it says that it is to be made: good for them and their client alone. */
export interface Confirmable {
  readonly proposal: Proposal;
  readonly confirmation: string;
}

/** What became of a request to write. `documents`: what it showed of what is there, for the audit. */
export type Proposed =
  | (Confirmable & { readonly documents: readonly AuditedDocument[]; readonly basis: Basis })
  | { readonly missing: Missing; readonly basis: Basis };

/**
 * What became of a commit. `fresh`: the target was changed since, so nothing was written (`absent`), and this is what would be
 * written now. `basis` is absent where nothing was read to answer.
 */
export interface Made {
  readonly committed: Committed;
  readonly fresh?: Confirmable;
  /** Of what is done: whether its source was read since, so that whoever may see what was written finds it. */
  readonly found?: boolean;
  /** What `fresh` showed of what is there, for the audit. */
  readonly documents?: readonly AuditedDocument[];
  readonly basis?: Basis;
}

/** One thing that somebody may propose, and what it will take. */
export interface Offered {
  readonly source: string;
  readonly action: Pick<WriteAction, 'name' | 'title' | 'description' | 'input' | 'on'>;
  readonly needs: Needs;
}
