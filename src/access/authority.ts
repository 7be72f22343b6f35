import type { CryptoKey, JWTPayload } from 'jose';

import type { Bearer } from './token.ts';

/** One whose tokens are good here, and how they are told from everything else it signs. */
export interface Authority {
  /** Exactly as its tokens carry it. */
  readonly issuer: string;
  readonly audience: string;
  /** Asymmetric ones only: with a shared secret its public key could be used as one. */
  readonly algorithms: readonly string[];
  /** The `typ` a token may have, in lower case and without `application/`; `undefined` where it may have none. */
  readonly types: readonly (string | undefined)[];
  /** Only tokens of these clients. */
  readonly clients?: readonly string[];
  /** The one key that a header names. Rejects with `unavailable` where the keys cannot be read. */
  key(header: KeyHeader, signal: AbortSignal): Promise<CryptoKey | undefined>;
  /** Whose the token is, by its checked claims; undefined where they do not say it as this authority does. */
  read(claims: JWTPayload): Omit<Bearer, 'expiresAt'> | undefined;
  /** Whether it was taken back since. Rejects with `unavailable` where nobody can say. Absent where nothing is. */
  isWithdrawn?(claims: JWTPayload): Promise<boolean>;
}

/** What chooses a key. Whatever else a header offers (`jku`, `jwk`, `x5u`, `x5c`) is the sender's word, and not looked at. */
export interface KeyHeader {
  readonly alg: string;
  readonly kid?: string;
}
