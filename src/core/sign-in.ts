import type { Secret } from './secret.ts';

/**
 * How a source lets us in. The scopes that are asked for are those its connector's operations declare, and no others.
 * All addresses are absolute; each is asked for what it is for and nothing else, whether or not its host is one of the source's.
 */
export type SignIn =
  /** A personal or machine token, sent as a bearer token. Without one in the settings, `castellan connect` asks for it. */
  | { readonly kind: 'token'; readonly token?: Secret }
  /** OAuth 2.0 authorization code with PKCE; `castellan connect` opens it, and refresh tokens rotate. */
  | {
      readonly kind: 'oauth';
      readonly authorize: string;
      readonly token: string;
      /** Where a token is taken back (RFC 7009), for `castellan connect --forget`. */
      readonly revoke?: string;
      /** The name the provider gives itself in `iss` (RFC 9207). Without it, `iss` must be on the host of `authorize`. */
      readonly issuer?: string;
      readonly clientId: string;
      readonly clientSecret?: Secret;
      readonly clientAuthentication?: ClientAuthentication;
      /** What else `authorize` wants to be asked with, such as an audience. */
      readonly parameters?: Readonly<Record<string, string>>;
    }
  /** OAuth 2.0 client credentials (RFC 6749 §4.4). */
  | {
      readonly kind: 'client_credentials';
      readonly token: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly clientAuthentication?: ClientAuthentication;
      /** What else `token` wants to be asked with, such as an audience. */
      readonly parameters?: Readonly<Record<string, string>>;
    }
  /**
   * A signed statement exchanged for a short-lived token: `assertion` posts it as a form (RFC 7523), `bearer` sends it as a
   * bearer token and reads `token` and `expires_at` from the reply (an app's installation at GitHub). `key`: PKCS #8, PEM.
   */
  | {
      readonly kind: 'service_account';
      readonly token: string;
      readonly exchange: 'assertion' | 'bearer';
      readonly claims: { readonly iss: string; readonly sub?: string; readonly aud?: string };
      readonly algorithm: 'RS256' | 'ES256';
      readonly key: Secret;
    };

/** How a token that a person gives is tried before it is kept: by a declared read that every good one may make. */
export interface Probe {
  readonly url: string;
  /** What the call carries besides. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The header of its reply that lists what the token may, where there is one. */
  readonly scopes?: string;
}

/** How a client shows its secret (RFC 6749 §2.3.1): in a header, which is what stands where nothing is said, or in the form. */
export type ClientAuthentication = 'basic' | 'post';
