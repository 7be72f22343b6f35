import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { z } from 'zod';

/** Somebody who can sign in. */
export interface APerson {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
}

export interface IssuerOptions {
  readonly people?: readonly APerson[];
  /** The only one its access tokens are for; a client asks for it. */
  readonly audience: string;
  /** Seconds that its access tokens live. */
  readonly lifetime?: number;
}

/** What a client gets for a sign-in. */
export type Grant = z.infer<typeof granted>;
const granted = z.object({ access_token: z.string(), id_token: z.string().optional(), refresh_token: z.string().optional() });

/** A real issuer of tokens on this machine: an identity provider whose people sign in without being asked. */
export interface AnIssuer {
  /** Its name, as `identity.issuer` has it. */
  readonly issuer: string;
  /** With its private half: for tokens it would never issue. */
  key(): JWK;
  /** Signs somebody in through a browser's steps, for the client `agent`. */
  signIn(sub: string, scope?: string): Promise<Grant>;
  /** For the client `robot` itself. */
  ofService(scope?: string): Promise<string>;
  /** Signs with a new key from now on, and publishes no other. */
  rotate(): Promise<void>;
  /** Stops for good. */
  stop(): Promise<void>;
}

const CALLBACK = 'http://127.0.0.1/callback';
const ROBOT_SECRET = 'a secret of no use to anybody';

/** Starts one, with a key of its own. */
export const anIssuer = async ({ audience, people = ADA, lifetime = 600 }: IssuerOptions): Promise<AnIssuer> => {
  let provider: Provider;
  let key: JWK;
  const server = createServer((request, response) => void answer(provider, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  const issuer = `http://127.0.0.1:${address.port}`;

  const rotate = async (): Promise<void> => {
    key = await aSigningKey();
    provider = new Provider(issuer, configurationOf({ audience, people, lifetime, key }));
  };
  await rotate();

  const tokens = async (parameters: Record<string, string>): Promise<Grant> => {
    const answered = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ resource: audience, ...parameters }),
    });
    if (!answered.ok) throw new Error(await answered.text());
    return granted.parse(await answered.json());
  };

  return {
    issuer,
    key: () => key,
    signIn: async (sub, scope = 'openid email offline_access read') => {
      const verifier = 'v'.repeat(43);
      const code = await codeFor(issuer, {
        client_id: 'agent',
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope,
        resource: audience,
        login_hint: sub,
        prompt: 'consent',
        nonce: 'n',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      return tokens({
        grant_type: 'authorization_code',
        client_id: 'agent',
        code,
        redirect_uri: CALLBACK,
        code_verifier: verifier,
      });
    },
    ofService: async (scope = 'read') => {
      const client = { client_id: 'robot', client_secret: ROBOT_SECRET };
      return (await tokens({ grant_type: 'client_credentials', scope, ...client })).access_token;
    },
    rotate,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

const ADA: readonly APerson[] = [{ sub: 'ada', email: 'ada@acme.test', email_verified: true }];

const aSigningKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: crypto.randomUUID() };
};

type Configuration = NonNullable<ConstructorParameters<typeof Provider>[1]>;

const configurationOf = ({ audience, people, lifetime, key }: Required<IssuerOptions> & { readonly key: JWK }): Configuration => {
  const claimsOf = (sub: string | undefined): APerson | undefined => people.find((person) => person.sub === sub);
  return {
    jwks: { keys: [{ ...key, kty: 'EC' }] },
    cookies: { keys: ['signs the cookies of a test'] },
    clients: [
      {
        client_id: 'agent',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token'],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: 'robot',
        client_secret: ROBOT_SECRET,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    scopes: ['openid', 'email', 'offline_access'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    ttl: {
      Session: 600,
      Grant: 600,
      Interaction: 600,
      IdToken: 600,
      RefreshToken: 600,
      AccessToken: lifetime,
      ClientCredentials: lifetime,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience,
          scope: 'read write',
          accessTokenFormat: 'jwt',
          accessTokenTTL: lifetime,
          jwt: { sign: { alg: 'ES256' } },
        }),
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...claimsOf(sub) }) }),
    extraTokenClaims: (_, token) => {
      const { email, email_verified: verified } = claimsOf('accountId' in token ? token.accountId : undefined) ?? {};
      return { ...(email === undefined ? {} : { email }), ...(verified === undefined ? {} : { email_verified: verified }) };
    },
    loadExistingGrant: async ({ oidc }) => {
      const { client, session } = oidc;
      if (!client || session?.accountId === undefined) return undefined;
      const grant = new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email offline_access');
      grant.addResourceScope(audience, 'read write');
      await grant.save();
      return grant;
    },
  };
};

/** What a person would do at the page of a sign-in is done for them: they are who the client hints at. */
const answer = async (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (!request.url?.startsWith('/interaction/')) return void provider.callback()(request, response);
  const { params, prompt } = await provider.interactionDetails(request, response);
  const result = prompt.name === 'login' ? { login: { accountId: String(params['login_hint']) } } : { consent: {} };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
};

/** Steps of a sign-in: from the client to the page and back, and once more for each question. */
const STEPS_MAX = 10;

/** Goes where a browser would be sent, with its cookies, until it comes back to the client. */
const codeFor = async (issuer: string, parameters: Record<string, string>): Promise<string> => {
  const cookies = new Map<string, string>();
  let at = new URL(`${issuer}/auth?${new URLSearchParams(parameters).toString()}`);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const answered = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const set of answered.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(set) ?? [];
      cookies.set(name, value);
    }
    const to = answered.headers.get('location');
    if (to === null) throw new Error(`the sign-in ended with ${answered.status}: ${await answered.text()}`);
    at = new URL(to, issuer);
    const code = at.searchParams.get('code');
    if (code !== null) return code;
    if (at.href.startsWith(CALLBACK)) throw new Error(`the sign-in came back with ${at.search}`);
  }
  throw new Error('the sign-in goes round in circles');
};
