import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { Provider } from 'oidc-provider';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

/** The client that people sign in with, and the one that signs in for itself. */
export const CLIENT = { id: 'castellan', secret: 'the-secret-of-the-client-5150' };
export const ROBOT = { id: 'robot', secret: 'the-secret-of-the-robot-5150' };

/** The scopes there are. */
const SCOPES = ['read:pages', 'read:people', 'write:pages'];

export interface ProviderOptions {
  /** Of those that are asked for, the ones that are granted. */
  readonly grants?: (scope: string) => boolean;
  /** Whether refresh tokens are given at all. */
  readonly refreshes?: boolean;
}

/** A real authorization server: it wants PKCE, gives a new refresh token at each renewal, and takes all back when an old one comes. */
export interface AProvider {
  readonly url: string;
  /** How often a token was asked for, by grant type: what was given, and what was denied. */
  readonly given: string[];
  readonly denied: string[];
  /** Of each sign-in, the scopes that were asked for. */
  readonly asked: string[];
  /** Does at a browser's pages what a person would, from this address on. Gives what the last page says, or where it was sent back to. */
  readonly browse: (address: string, options?: { readonly stopsAtCallback?: boolean }) => Promise<string>;
  /** Whether a token is good now, as a source would ask. */
  readonly accepts: (header: string | undefined) => Promise<boolean>;
  /** Takes back every access token: as if they had expired early. */
  readonly expire: () => Promise<void>;
  /** What it answers at its token endpoint instead: for as long as it is set. */
  broken: ((response: ServerResponse) => void) | undefined;
}

/** Starts one; gone with the test. */
export const aProvider = async ({ grants = () => true, refreshes = true }: ProviderOptions = {}): Promise<AProvider> => {
  const issued: { destroy(): Promise<void> }[] = [];
  const given: string[] = [];
  const denied: string[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  const url = `http://127.0.0.1:${address.port}`;
  const provider = new Provider(url, configurationOf(grants, refreshes));
  provider.on('grant.success', ({ oidc }) => void given.push(String(oidc.params?.['grant_type'])));
  provider.on('grant.error', ({ oidc }) => void denied.push(String(oidc.params?.['grant_type'])));
  provider.on('access_token.saved', (token) => void issued.push(token));
  provider.on('client_credentials.saved', (token) => void issued.push(token));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/token' && found.broken) return found.broken(response);
    if (request.url?.startsWith('/auth?') === true) asked.push(new URL(request.url, url).searchParams.get('scope') ?? '');
    if (request.url?.startsWith('/interaction/') !== true) return void provider.callback()(request, response);
    const { prompt } = await provider.interactionDetails(request, response);
    const result = prompt.name === 'login' ? { login: { accountId: 'ada' } } : { consent: {} };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  };

  const found: AProvider = {
    url,
    given,
    denied,
    asked,
    broken: undefined,
    browse: (from, options) => browsed(url, from, options),
    accepts: async (header = '') => {
      const token = header.replace(/^Bearer /u, '');
      const known = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
      return known?.isValid === true;
    },
    expire: async () => {
      for (const token of issued.splice(0)) await token.destroy();
    },
  };
  return found;
};

type Configuration = NonNullable<ConstructorParameters<typeof Provider>[1]>;

const configurationOf = (grants: (scope: string) => boolean, refreshes: boolean): Configuration => ({
  cookies: { keys: ['signs the cookies of a test'] },
  clients: [
    {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: refreshes ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
      application_type: 'native',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      client_id: ROBOT.id,
      client_secret: ROBOT.secret,
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  scopes: SCOPES,
  ttl: { Session: 600, Grant: 600, Interaction: 600, RefreshToken: 86_400, AccessToken: 3600, ClientCredentials: 600 },
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, revocation: { enabled: true } },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => refreshes,
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  loadExistingGrant: async ({ oidc }) => {
    const { client, session, params } = oidc;
    if (!client || session?.accountId === undefined) return undefined;
    const grant = new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    const { scope = '' } = z.object({ scope: z.string().optional() }).parse(params);
    const wanted = scope.split(' ');
    grant.addOIDCScope(wanted.filter(grants).join(' '));
    grant.rejectOIDCScope(wanted.filter((scope) => !grants(scope)).join(' '));
    await grant.save();
    return grant;
  },
});

/** Steps of a sign-in: from the client to the page and back, and once more for each question. */
const STEPS_MAX = 10;

const browsed = async (
  provider: string,
  from: string,
  { stopsAtCallback = false }: { readonly stopsAtCallback?: boolean } = {},
): Promise<string> => {
  const cookies = new Map<string, string>();
  let at = new URL(from);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (stopsAtCallback && !at.href.startsWith(provider)) return at.href;
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const answered = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const set of answered.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(set) ?? [];
      cookies.set(name, value);
    }
    const to = answered.headers.get('location');
    if (to === null) return answered.text();
    at = new URL(to, at);
  }
  throw new Error('the sign-in goes round in circles');
};
