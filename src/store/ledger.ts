import type { AuditEvent } from '../core/audit.ts';

/** Keys derived from the organisation's key: see docs/security. */
export interface LedgerKeys {
  /** HMAC-SHA-256 key for arguments over 1 kB. */
  readonly arguments: Uint8Array;
  /** HMAC-SHA-256 key of the names under which it is remembered what somebody was shown. */
  readonly reader: Uint8Array;
  /** Ed25519 seeds, 32 bytes each: the first signs the head of the chain, all are accepted. */
  readonly anchor: readonly [Uint8Array, ...Uint8Array[]];
}

/** The fields of a row that are personal: the chain holds a commitment to each, the value lies beside it and can be erased. */
export const PERSONAL_FIELDS = ['who', 'actor', 'email', 'arguments'] as const;
export type PersonalField = (typeof PERSONAL_FIELDS)[number];

/** A row of the chain as an administrator reads it; erased personal fields are absent. */
export interface AuditRow extends Omit<AuditEvent, 'who' | 'arguments'> {
  readonly seq: number;
  readonly who?: string;
  readonly arguments?: unknown;
  /** The personal fields that the chain commits to and that are no longer there. */
  readonly erased?: readonly PersonalField[];
  /** Hex. */
  readonly hash: string;
}

/**
 * What `verify` found. `consistent`: every row follows from the one before; `proven`: and an anchor vouches for it up to `anchored`.
 * `broken`: `at` is the first row that is wrong, 0 where a line of the anchor file is.
 */
export type Verified =
  | { readonly state: 'consistent'; readonly rows: number }
  | { readonly state: 'proven'; readonly rows: number; readonly anchored: number }
  | { readonly state: 'broken'; readonly rows: number; readonly at: number; readonly why: string };

/** The audit chain. */
export interface Ledger {
  /** Appends all events in one commit that is on disk when it resolves. Rejects with `unavailable`, and then none was written. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(limit: number, before?: number): Promise<readonly AuditRow[]>;
  /** Reads the whole chain; `anchors` are the lines of an anchor file. */
  verify(anchors?: readonly string[]): Promise<Verified>;
  /** The head of the chain, signed: one line for an anchor file. Undefined while the chain is empty. */
  anchor(now: number): Promise<string | undefined>;
  close(): Promise<void>;
}
