import { createPrivateKey, type KeyObject } from 'node:crypto';

import { SignJWT } from 'jose';
import { z } from 'zod';

import { AppError } from '../../core/errors.ts';
import type { SignIn } from '../../core/sign-in.ts';
import { aheadOf, answerOf, type Asking, Denied, endpointFetch, type Granted } from './token-endpoint.ts';
import { scopesIn } from './scopes.ts';

type ServiceAccount = Extract<SignIn, { readonly kind: 'service_account' }>;

/** RFC 7523 §2.1. */
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** A statement is good from a minute ago until in five: longer than clocks differ, shorter than any provider allows, in ms. */
const BEFORE = 60_000;
const AFTER = 300_000;
/** A clock that differs by less is not why a statement was refused, in ms. */
const CLOCK_DIFFERS = 30_000;

/** A token for a service account. Where the provider's clock is another, the statement is made once more by that. */
export const serviceGrant = async (signIn: ServiceAccount, scopes: readonly string[], asking: Asking): Promise<Granted> => {
  try {
    return await stated(signIn, scopes, asking, asking.now());
  } catch (error) {
    if (!(error instanceof Denied) || Math.abs(error.ahead) < CLOCK_DIFFERS) throw error;
    return stated(signIn, scopes, asking, asking.now() + error.ahead);
  }
};

const stated = async (signIn: ServiceAccount, scopes: readonly string[], asking: Asking, at: number): Promise<Granted> => {
  const scope = scopes.join(' ');
  const statement = await statementOf(signIn, scope, asking, at);
  const fetch = endpointFetch(signIn.token, asking);
  const { signal } = asking;
  const accept = { accept: 'application/json' };
  const response =
    signIn.exchange === 'bearer'
      ? await fetch(signIn.token, {
          method: 'POST',
          headers: { ...accept, authorization: `Bearer ${statement}` },
          redirect: 'manual',
          signal,
        })
      : await fetch(signIn.token, {
          method: 'POST',
          headers: accept,
          body: new URLSearchParams({ grant_type: JWT_BEARER, assertion: statement }),
          redirect: 'manual',
          signal,
        });
  const answer = await answerOf(response, answerSchema, asking);
  const token = answer.access_token ?? answer.token;
  const ahead = aheadOf(response, asking.now());
  if (response.status >= 400 || token === undefined) {
    throw new Denied(answer.error?.replaceAll(/[^\w.-]/gu, '').slice(0, 60) ?? `status ${response.status}`, ahead);
  }
  const lifetime = lifetimeOf(answer, asking.now() + ahead);
  const granted = answer.scope === undefined ? permissionsOf(answer) : scopesIn(answer.scope);
  return { token, ...(lifetime !== undefined && { lifetime }), ...(granted && { scopes: granted }) };
};

/** Of a form (RFC 6749 §5.1), or of an app's installation: `token`, `expires_at` and what it may. */
const answerSchema = z.object({
  access_token: z.string().min(1).max(16_384).optional(),
  expires_in: z.coerce.number().optional(),
  scope: z.string().optional(),
  token: z.string().min(1).max(16_384).optional(),
  expires_at: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  error: z.string().optional(),
});
type Answer = z.infer<typeof answerSchema>;

/** An instant that was said is held against the clock of whoever said it. */
const lifetimeOf = ({ expires_in: seconds, expires_at: at }: Answer, theirNow: number): number | undefined => {
  const lifetime = seconds === undefined ? Date.parse(at ?? '') - theirNow : seconds * 1000;
  return Number.isFinite(lifetime) && lifetime > 0 ? lifetime : undefined;
};

/** What an app may, as scopes are written: `issues:read`. */
const permissionsOf = ({ permissions }: Answer): readonly string[] | undefined =>
  permissions && Object.entries(permissions).map(([what, how]) => `${what}:${how}`);

const statementOf = async (signIn: ServiceAccount, scope: string, { source }: Asking, at: number): Promise<string> => {
  const { claims, algorithm, token, exchange } = signIn;
  const { iss, sub, aud = exchange === 'assertion' ? token : undefined } = claims;
  const statement = new SignJWT({ iss, ...(exchange === 'assertion' && scope !== '' && { scope }) })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setIssuedAt(Math.floor((at - BEFORE) / 1000))
    .setExpirationTime(Math.floor((at + AFTER) / 1000));
  if (sub !== undefined) statement.setSubject(sub);
  if (aud !== undefined) statement.setAudience(aud);
  if (exchange === 'assertion') statement.setJti(crypto.randomUUID());
  try {
    return await statement.sign(keyOf(signIn));
  } catch {
    const from = signIn.key.from ?? `the key under sources.${source.name}`;
    throw new AppError(
      'config',
      `${from} is no private key for ${algorithm}. Give the whole file in PEM, from -----BEGIN to -----END.`,
    );
  }
};

/** In an environment variable a line may end in `\n`, written out. */
const keyOf = ({ key }: ServiceAccount): KeyObject => createPrivateKey(key.reveal().replaceAll(String.raw`\n`, '\n'));
