import type { ErrorCode } from './errors.ts';
import type { VisibleDocument } from './view.ts';

/** A returned document, as an audit row names it: what was shown, and what decided. */
export interface AuditedDocument {
  readonly id: string;
  /** SHA-256 of title and text, hex. */
  readonly content: string;
  readonly acl: number;
  /** The oldest among the permission facts that decided, ms since 1970. */
  readonly permissionsAt?: number;
  /** The source was asked too, and let it through. Absent: what is stored decided alone. */
  readonly decidedBy?: 'live';
}

/** A document that is shown, for the audit. */
export const auditedDocument = ({ id, contentHash, acl, permissionsSyncedAt, decidedBy }: VisibleDocument): AuditedDocument => ({
  id,
  content: contentHash,
  acl,
  permissionsAt: permissionsSyncedAt,
  ...(decidedBy === 'live' ? { decidedBy } : {}),
});

/** What happened to a proposal: somebody's word, that it is about to be made, and how that ended (also `absent`, or an error's code). */
export const WRITE_OUTCOMES = ['approved', 'declined', 'intended', 'done', 'uncertain'] as const;
export type WriteOutcome = (typeof WRITE_OUTCOMES)[number];

/** The tools that rows about writes are of: a call that asks for one or makes it, what was made, who decided, and who found out. */
export const WRITE_TOOLS = ['propose_write', 'commit_write', 'write', 'decide_write', 'settle_write'] as const;

/** One look or refusal. `who`, `actor`, `email` and `arguments` are personal: the chain holds only commitments to them. */
export interface AuditEvent {
  /** ms since 1970. */
  readonly at: number;
  readonly request: string;
  readonly who: string;
  /** Who really asked, when that is somebody else. */
  readonly actor?: string;
  /** What decided besides the identity's name, and may be another tomorrow. */
  readonly email?: string;
  readonly client: string;
  readonly tool: string;
  /** As they were given; over 1 kB they are recorded as length and keyed hash. */
  readonly arguments: unknown;
  readonly documents: readonly AuditedDocument[];
  /** Of the index the answer was read from; absent when it was refused before. */
  readonly basis?: { readonly version: number; readonly epoch: number; readonly databaseId: string };
  /** The rules it was decided by, as the index keeps them: SHA-256 of their text, hex. */
  readonly rules?: string;
  /** `refused` is what a reader hears as `not_found`; here the two are told apart. */
  readonly outcome: 'answered' | 'absent' | 'refused' | WriteOutcome | ErrorCode;
}

/** Where events are kept. An answer leaves only after `record` has resolved; it rejects with `unavailable`. */
export interface Audit {
  record(event: AuditEvent): Promise<void>;
}
