import { SignJWT } from 'jose';
import { z } from 'zod';

import type { Identity, TokenScope } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import { isName } from '../core/principal.ts';
import type { KeyRing } from '../store/keys.ts';
import type { Authority } from './authority.ts';
import { parseWho } from './identify.ts';
import { LOCAL_ALGORITHM, localKeys } from './local-key.ts';
import { scopesOf } from './scopes.ts';

/** Names this server as the issuer of its own tokens. No issuer of a configuration can have this name: they are https addresses. */
const LOCAL_TOKEN_ISSUER = 'urn:castellan:local';

export interface LocalTokensOptions {
  readonly keys: KeyRing;
  /** Whom the tokens are for: the address of this server's `/mcp`. */
  readonly audience: string;
}

export interface LocalAuthorityOptions extends LocalTokensOptions {
  /** Whether the token of this id was withdrawn. */
  readonly isWithdrawn?: (id: string) => Promise<boolean>;
}

export interface LocalTokenRequest {
  /** A verified e-mail, or `issuer|subject`. */
  readonly who: string;
  readonly client: string;
  readonly scopes: readonly TokenScope[];
  readonly minutes: number;
  /** Who lets it be made, and so asks with it: `os:<user>`. */
  readonly actor: string;
  readonly id: string;
  readonly now: number;
}

/** A token, and what it says. */
export interface IssuedToken {
  readonly token: string;
  readonly identity: Identity;
  /** ms since 1970. */
  readonly expiresAt: number;
}

/** Signs a token for somebody with this server's own key; throws `invalid_input` where `who` names nobody. */
export const issueLocalToken = async (
  { who, client, scopes, minutes, actor, id, now }: LocalTokenRequest,
  { keys, audience }: LocalTokensOptions,
): Promise<IssuedToken> => {
  const identity = parseWho(who);
  if (!isName(client))
    throw new AppError('invalid_input', `This cannot be the name of a client. Give a short one: --client <id>`);
  const [key] = await localKeys(keys);
  const issued = Math.floor(now / 1000);
  const expires = issued + minutes * 60;
  const token = await new SignJWT({ client_id: client, scope: scopes.join(' '), act: { sub: actor } })
    .setProtectedHeader({ alg: LOCAL_ALGORITHM, typ: 'at+jwt', kid: key.kid })
    .setIssuer(LOCAL_TOKEN_ISSUER)
    .setAudience(audience)
    .setSubject(identity.email ?? `${identity.issuer}|${identity.subject}`)
    .setIssuedAt(issued)
    .setExpirationTime(expires)
    .setJti(id)
    .sign(key.privateKey);
  return { token, identity, expiresAt: expires * 1000 };
};

/** This server as the authority on its own tokens. */
export const localAuthority = ({ keys, audience, isWithdrawn }: LocalAuthorityOptions): Authority => {
  const opened = localKeys(keys); // derived once, and awaited by whoever verifies first
  opened.catch(() => undefined); // they hear of it; nobody else does
  return {
    issuer: LOCAL_TOKEN_ISSUER,
    audience,
    algorithms: [LOCAL_ALGORITHM],
    types: ['at+jwt'],
    key: async ({ kid }) => (await opened).find((key) => key.kid === kid)?.publicKey,
    read: (claims) => {
      const { sub, client_id: client, scope, act } = local.parse(claims);
      return { identity: parseWho(sub), client, scopes: scopesOf(scope.split(' ')), ...(act ? { actor: act.sub } : {}) };
    },
    ...(isWithdrawn && { isWithdrawn: async ({ jti }) => jti !== undefined && isWithdrawn(jti) }),
  };
};

/** What this server itself wrote: anything else under its signature is a bug. */
const local = z.object({
  sub: z.string(),
  client_id: z.string(),
  scope: z.string(),
  act: z.object({ sub: z.string() }).optional(),
});
