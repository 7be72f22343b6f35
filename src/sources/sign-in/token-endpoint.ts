import * as oauth from 'oauth4webapi';
import { z } from 'zod';

import type { Fetch } from '../../core/connector.ts';
import { AppError } from '../../core/errors.ts';
import type { SignIn } from '../../core/sign-in.ts';
import type { Outgoing } from '../outgoing.ts';
import { limitOf } from '../retry-after.ts';
import type { SigningSource } from './kept.ts';
import { scopesIn } from './scopes.ts';

/** A longer answer is no token, in characters. */
const ANSWER_MAX = 100_000;
/** A token that does not fit into a header is none. */
const TOKEN_MAX = 16_384;
/** Whoever asks for a token decides when to ask again: an answer that was lost may have used up what was asked with. */
const ONCE = { tries: 1, rate: { perSecond: 0, concurrent: 4 } } as const;

/** What a provider gave. */
export interface Granted {
  readonly token: string;
  /** In ms from when it was asked for. Absent: it did not say. */
  readonly lifetime?: number;
  readonly refresh?: string;
  /** Absent: as they were asked for. */
  readonly scopes?: readonly string[];
}

/** The provider understood and said no; `reason` is its word for it, such as `invalid_grant`. */
export class Denied extends Error {
  override readonly name = 'Denied';
  readonly reason: string;
  /** How far its clock is ahead of ours, in ms, where it said what time it is. */
  readonly ahead: number;

  constructor(reason: string, ahead: number) {
    super(`The provider said ${reason}`);
    this.reason = reason;
    this.ahead = ahead;
  }
}

/** Who asks for tokens, and with what. */
export interface Asking {
  readonly source: SigningSource;
  readonly outgoing: Outgoing;
  /** ms since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

type OAuth = Extract<SignIn, { readonly kind: 'oauth' }>;
type ClientCredentials = Extract<SignIn, { readonly kind: 'client_credentials' }>;

/** Exchanges the code of a sign-in. `parameters` were validated: see `oauth.validateAuthResponse`. */
export const exchangeCode = async (
  signIn: OAuth,
  {
    parameters,
    redirectUri,
    verifier,
  }: { readonly parameters: URLSearchParams; readonly redirectUri: string; readonly verifier: string },
  asking: Asking,
): Promise<Granted> => {
  const { server, client, authentication, options } = partsOf(signIn, asking);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    parameters,
    redirectUri,
    verifier,
    options,
  );
  return grantedIn(await oauth.processAuthorizationCodeResponse(server, client, response));
};

/** Renews: the refresh token that was asked with may be used up by it, whatever comes of the answer. */
export const refresh = async (signIn: OAuth, token: string, asking: Asking): Promise<Granted> => {
  const { server, client, authentication, options } = partsOf(signIn, asking);
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, token, options);
  return grantedIn(await oauth.processRefreshTokenResponse(server, client, response));
};

/** A token for a client itself, with exactly these scopes. */
export const clientGrant = async (signIn: ClientCredentials, scopes: readonly string[], asking: Asking): Promise<Granted> => {
  const { server, client, authentication, options } = partsOf(signIn, asking);
  const parameters = { ...signIn.parameters, ...(scopes.length > 0 && { scope: scopes.join(' ') }) };
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, options);
  return grantedIn(await oauth.processClientCredentialsResponse(server, client, response));
};

/** Has a token taken back, and all that came from it (RFC 7009). */
export const revoke = async (signIn: OAuth & { readonly revoke: string }, token: string, asking: Asking): Promise<void> => {
  const { server, client, authentication, options } = partsOf(signIn, asking);
  const fetch = endpointFetch(signIn.revoke, asking);
  const revoking = { ...server, revocation_endpoint: signIn.revoke };
  const plain = { ...options, [oauth.customFetch]: (url: string, init: RequestInit) => fetch(url, init) };
  await oauth.processRevocationResponse(await oauth.revocationRequest(revoking, client, authentication, token, plain));
};

/** The server and the client as the library wants them. An issuer is only compared with what says it is one. */
export const partsOf = (signIn: OAuth | ClientCredentials, asking: Asking) => {
  const { clientId, clientSecret, clientAuthentication = 'basic', token } = signIn;
  const secret = clientSecret?.reveal();
  const how = clientAuthentication === 'basic' ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
  const issuer = signIn.kind === 'oauth' ? (signIn.issuer ?? new URL(signIn.authorize).origin) : new URL(token).origin;
  return {
    server: { issuer, token_endpoint: token } satisfies oauth.AuthorizationServer,
    client: { client_id: clientId } satisfies oauth.Client,
    authentication: secret === undefined ? oauth.None() : how(secret),
    options: {
      [oauth.customFetch]: tokenFetch(token, asking),
      [oauth.allowInsecureRequests]: asking.source.privateNetwork,
      signal: asking.signal,
    },
  };
};

/** The way to one address of a provider. Nothing else of its host is asked, and no redirect is followed. */
export const endpointFetch = (endpoint: string, { source, outgoing }: Pick<Asking, 'source' | 'outgoing'>): Fetch =>
  outgoing.fetchFor({
    name: `the sign-in of ${source.name}`,
    hosts: [new URL(endpoint).host],
    writes: true,
    privateNetwork: source.privateNetwork,
    ...ONCE,
  });

/** What a provider answers, as far as it is understood. `error` also comes with 200. */
const answerSchema = z.object({
  access_token: z.string().min(1).max(TOKEN_MAX).optional(),
  token_type: z.string().max(100).default('bearer'),
  expires_in: z.union([z.number(), z.string()]).optional(),
  refresh_token: z.string().min(1).max(TOKEN_MAX).optional(),
  scope: z.string().max(ANSWER_MAX).optional(),
  error: z.string().optional(),
});

/** Hands the library what it is to understand and nothing else: not who signed in, and no word that could be quoted. */
const tokenFetch = (endpoint: string, asking: Asking) => {
  const fetch = endpointFetch(endpoint, asking);
  return async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    const { error, ...answer } = await answerOf(response, answerSchema, asking);
    const refused = error !== undefined || response.status >= 400;
    if (refused) throw new Denied(wordOf(error ?? `status ${response.status}`), aheadOf(response, asking.now()));
    return Response.json(answer, { status: response.status });
  };
};

/** Reads what an address of a provider answered. A failure of it is told apart from a refusal. */
export const answerOf = async <T>(response: Response, schema: z.ZodType<T>, { source, now }: Asking): Promise<T> => {
  const { status, headers } = response;
  const limited = limitOf(status, headers, now());
  if (limited) {
    await response.body?.cancel();
    const { at } = limited;
    throw new AppError(
      'source_rate_limited',
      `Where ${source.name} signs in, too much was asked. Try again later: castellan sync ${source.name}`,
      {
        ...(at !== undefined && { retryAt: at }),
      },
    );
  }
  if (status >= 500) {
    await response.body?.cancel();
    throw new AppError(
      'source_unavailable',
      `Where ${source.name} signs in, something failed (${status}). It is asked again by the next run, or now: castellan sync ${source.name}`,
    );
  }
  const text = await response.text();
  const parsed = text.length > ANSWER_MAX ? undefined : schema.safeParse(parsedJson(text)).data;
  if (parsed !== undefined) return parsed;
  // Nothing of it is quoted: it may hold what lets somebody in.
  throw new AppError(
    'source_changed',
    `Where ${source.name} signs in, the answer (${status}) is none that is understood. Check the addresses under sources.${source.name}.`,
  );
};

/** How far the clock of whoever answered is ahead of ours, in ms; 0 where it does not say. */
export const aheadOf = ({ headers }: Response, now: number): number => {
  const said = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(said) ? 0 : said - now;
};

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A word that is no secret, whoever said it. */
const wordOf = (said: string): string => said.slice(0, 60).replaceAll(/[^\w .-]/gu, '');

const grantedIn = ({ access_token: token, expires_in: seconds, refresh_token, scope }: oauth.TokenEndpointResponse): Granted => ({
  token,
  ...(seconds !== undefined && seconds > 0 && { lifetime: seconds * 1000 }),
  ...(refresh_token !== undefined && { refresh: refresh_token }),
  ...(scope !== undefined && { scopes: scopesIn(scope) }),
});
