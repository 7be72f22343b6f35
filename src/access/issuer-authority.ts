import type { Fetch } from '../core/connector.ts';
import { domainOf, isName, nameOf, principalSchema } from '../core/principal.ts';
import type { Authority } from './authority.ts';
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.ts';
import { auth0 } from './profiles/auth0.ts';
import { entra } from './profiles/entra.ts';
import { generic } from './profiles/generic.ts';
import { keycloak } from './profiles/keycloak.ts';
import { okta } from './profiles/okta.ts';
import type { Profile, Said } from './profiles/profile.ts';
import { scopesOf } from './scopes.ts';

/** One issuer whose tokens are good here. */
export interface TrustedIssuer {
  /** Exactly as its tokens carry it. */
  readonly issuer: string;
  readonly profile: keyof typeof PROFILES;
  /** What its tokens for this server carry; the address of this server's `/mcp` by default. */
  readonly audience?: string;
  /** Only tokens of these clients. */
  readonly clientIds?: readonly string[];
  /** Domains whose e-mails it is believed about even when it does not call them verified, and no issuer without them is. */
  readonly authoritativeFor: readonly string[];
}

const PROFILES = { generic, entra, okta, keycloak, auth0 } as const satisfies Record<string, Profile>;

/** Each is proven by a public key: with a shared secret, the public key of another could be passed off as one. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

export interface IssuerAuthorityOptions {
  readonly audience: string;
  /** Domains that issuers of this server are authoritative for. */
  readonly spokenFor: ReadonlySet<string>;
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** An issuer as the authority on its own tokens. */
export const issuerAuthority = (
  { issuer, profile: name, audience: own, clientIds, authoritativeFor }: TrustedIssuer,
  { audience, spokenFor, fetch, now }: IssuerAuthorityOptions,
): Authority & Pick<IssuerKeys, 'ready'> => {
  const keys = createIssuerKeys({ issuer, fetch, now });
  const profile: Profile = PROFILES[name];
  return {
    issuer,
    audience: own ?? audience,
    algorithms: ALGORITHMS,
    types: profile.types,
    ...(clientIds ? { clients: clientIds } : {}),
    key: (header, signal) => keys.find(header, signal),
    ready: (signal) => keys.ready(signal),
    read: (claims) => {
      const said = profile.read(claims, issuer);
      if (!said || ![said.subject, said.client].every(isName)) return undefined;
      const email = vouched(said.email, authoritativeFor, spokenFor);
      const identity = { issuer, subject: said.subject, ...(email === undefined ? {} : { email }) };
      return { identity, client: said.client, scopes: scopesOf(said.scopes) };
    },
  };
};

/** An e-mail counts when its issuer is trusted about the whole domain, or checked it where none is: a partner's issuer verifies whom it likes. */
const vouched = (
  email: Said['email'],
  authoritativeFor: readonly string[],
  spokenFor: ReadonlySet<string>,
): string | undefined => {
  const parsed = principalSchema.safeParse(`person:${email?.address ?? ''}`);
  if (!email || !parsed.success) return undefined;
  const address = nameOf(parsed.data);
  const domain = domainOf(address);
  return authoritativeFor.includes(domain) || (email.verified && !spokenFor.has(domain)) ? address : undefined;
};
