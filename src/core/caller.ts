/** Who somebody is, as an issuer says it. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** Normalised, and present only when the issuer vouches for it. */
  readonly email?: string;
}

export const SCOPES = ['read', 'write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who is asking, through which client, and what for. Links and groups are read at the instant of the answer, not carried. */
export interface Caller {
  readonly identity: Identity;
  readonly client: string;
  readonly scopes: readonly Scope[];
  /** Who really sits at the keyboard when that is somebody else, for the audit. */
  readonly actor?: string;
}

/** One string for an identity, for audit and keys: `issuer|subject`. */
export const identityName = ({ issuer, subject }: Identity): string => `${issuer}|${subject}`;
