/** Who somebody is, as an issuer says it. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** Normalised, and present only when the issuer vouches for it. */
  readonly email?: string;
}

/** What a token can carry, and a tool can need. */
export const TOKEN_SCOPES = ['read', 'write'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/**
 * What somebody may do. `admin`: see who may see what, as decisions and ids. `impersonate`: see titles, queries and texts of others,
 * for a reason that the audit keeps, with both names. Those two are the owner's of the data folder, and no token carries them.
 */
export type Scope = TokenScope | 'admin' | 'impersonate';

/** Who is asking, through which client, and what for. Links and groups are read at the instant of the answer, not carried. */
export interface Caller {
  readonly identity: Identity;
  readonly client: string;
  readonly scopes: readonly TokenScope[];
  /** Who really sits at the keyboard when that is somebody else, for the audit. */
  readonly actor?: string;
}

/** One string for an identity, for audit and keys: `issuer|subject`. */
export const identityName = ({ issuer, subject }: Identity): string => `${issuer}|${subject}`;
