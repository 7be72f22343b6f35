import type { Identity, TokenScope } from '../core/caller.ts';

/** What a token says, once everything about it was checked. */
export interface Bearer {
  /** Without an e-mail where the issuer vouches for none, and for a service. */
  readonly identity: Identity;
  /** The client it was given to, as its issuer names it. */
  readonly client: string;
  /** Those of ours that it carries. */
  readonly scopes: readonly TokenScope[];
  /** Who gave it out to ask as somebody else, for the audit. */
  readonly actor?: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}

/** Says whose a token is. */
export interface Tokens {
  /**
   * Rejects with `unauthenticated` for a token that is not good, without saying more than how to get one (its cause is a word for the operator),
   * and with `unavailable` where its issuer's keys cannot be read: that says nothing about the token.
   */
  verify(token: string, signal: AbortSignal): Promise<Bearer>;
}
