import { z } from 'zod';

/** What the checked claims of an access token say, in the words of its issuer. */
export interface Said {
  /** Stable and never given to somebody else, within the issuer. */
  readonly subject: string;
  readonly client: string;
  readonly scopes: readonly string[];
  /** Never of a service. */
  readonly email?: SaidEmail;
}

interface SaidEmail {
  readonly address: string;
  /** Whether the issuer says that it checked whose it is. */
  readonly verified: boolean;
}

/** How the tokens of one kind of issuer are read. A groups claim is nowhere an authority: it overflows, and it ages with the token. */
export interface Profile {
  /** The `typ` of its access tokens, in lower case and without `application/`; `undefined` where it sets none. */
  readonly types: readonly (string | undefined)[];
  /** Undefined where the claims are not those of an access token as this issuer makes them. */
  read(claims: unknown, issuer: string): Said | undefined;
}

/** The claims of OpenID Connect about an e-mail. One that is no text is none. */
export const emailClaims = {
  email: z.string().optional().catch(undefined),
  email_verified: z.unknown().optional(),
};

/** `email_verified` must be the boolean: some issuers send the text "true", and some send "false", which is true to careless code. */
export const emailOf = ({
  email,
  email_verified: verified,
}: {
  readonly email?: string | undefined;
  readonly email_verified?: unknown;
}): Pick<Said, 'email'> => (email === undefined ? {} : { email: { address: email, verified: verified === true } });

/** The words of a claim in which spaces part them. */
export const wordsOf = (claim: string): readonly string[] => claim.split(' ').filter(Boolean);
