import type { Fetch } from '../core/connector.ts';
import type { KeyRing } from '../store/keys.ts';
import { localAuthority } from './local-token.ts';
import type { Tokens } from './token.ts';
import { createVerifier, type Refusal } from './verifier.ts';

export interface TokensOptions {
  readonly identity: TrustedIssuers;
  /** The address of this server's `/mcp`: whom tokens are for where an issuer's configuration says nothing else. */
  readonly audience: string;
  /** Of this server's own tokens. */
  readonly keys: KeyRing;
  readonly fetch: Fetch;
  /** ms since 1970. */
  readonly now: () => number;
  /** Hears why a token was refused: whoever sent it does not. */
  readonly onRefusal: (why: Refusal) => void;
}

/** Whose tokens are good here, as `identity:` of the configuration says. */
export interface TrustedIssuers {
  /** Tokens that this server signed itself. */
  readonly local: boolean;
}

/** Says whose a token is, by the issuers of one configuration. */
export const createTokens = ({ identity, audience, keys, now, onRefusal }: TokensOptions): Tokens =>
  createVerifier({ authorities: identity.local ? [localAuthority({ keys, audience })] : [], now, onRefusal });
