import type { Secret } from './secret.ts';

/**
 * How a source lets us in. The scopes that are asked for are those its connector's operations declare, and no others.
 * All addresses are absolute and on hosts the connector declares.
 */
export type SignIn =
  /** A personal or machine token, sent as a bearer token. Without one in the settings, `castellan connect` asks for it. */
  | { readonly kind: 'token'; readonly token?: Secret }
  /** OAuth 2.0 authorization code with PKCE; `castellan connect` opens it, and refresh tokens rotate. */
  | {
      readonly kind: 'oauth';
      readonly authorize: string;
      readonly token: string;
      readonly clientId: string;
      readonly clientSecret?: Secret;
    }
  /** OAuth 2.0 client credentials (RFC 6749 §4.4). */
  | { readonly kind: 'client_credentials'; readonly token: string; readonly clientId: string; readonly clientSecret: Secret }
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
