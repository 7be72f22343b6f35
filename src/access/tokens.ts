import type { Fetch } from '../core/connector.ts';
import type { KeyRing } from '../store/keys.ts';
import { issuerAuthority, type TrustedIssuer } from './issuer-authority.ts';
import { localAuthority } from './local-token.ts';
import type { Tokens } from './token.ts';
import { createVerifier, type Refusal } from './verifier.ts';

export interface TokensOptions {
  readonly identity: TrustedIssuers;
  /** The address of this server's `/mcp`: whom tokens are for where an issuer's configuration says nothing else. */
  readonly audience: string;
  /** Of this server's own tokens. */
  readonly keys: KeyRing;
  /** Whether one of this server's own tokens was withdrawn. */
  readonly isWithdrawn?: (id: string) => Promise<boolean>;
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
  readonly issuers: readonly TrustedIssuer[];
}

/** Tokens of the issuers of one configuration. */
export interface IssuersTokens extends Tokens {
  /** Rejects with `unavailable` while no issuer's tokens can be judged, because the keys of each are missing. */
  ready(signal: AbortSignal): Promise<void>;
}

/** Says whose a token is, by the issuers of one configuration. */
export const createTokens = ({ identity, audience, keys, isWithdrawn, fetch, now, onRefusal }: TokensOptions): IssuersTokens => {
  const spokenFor = new Set(identity.issuers.flatMap(({ authoritativeFor }) => authoritativeFor));
  const issuers = identity.issuers.map((issuer) => issuerAuthority(issuer, { audience, spokenFor, fetch, now }));
  const local = identity.local ? [localAuthority({ keys, audience, ...(isWithdrawn && { isWithdrawn }) })] : [];
  return {
    ...createVerifier({ authorities: [...local, ...issuers], now, onRefusal }),
    ready: async (signal) => {
      const reached = await Promise.allSettled(issuers.map((issuer) => issuer.ready(signal)));
      const failed = reached.filter((one) => one.status === 'rejected');
      if (failed.length > 0 && failed.length === reached.length) throw failed[0]?.reason;
    },
  };
};
