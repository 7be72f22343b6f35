import { z } from 'zod';

import type { Connector } from '../../src/core/connector.ts';
import { defineConnector } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { Secret, secret } from '../../src/core/secret.ts';
import type { SignIn } from '../../src/core/sign-in.ts';
import { CLIENT, ROBOT } from './a-provider.ts';

const settings = z.strictObject({
  /** Of the pages. */
  url: z.string(),
  /** Of the authorization server. */
  provider: z.string().default(''),
  by: z.enum(['token', 'oauth', 'client_credentials', 'service_account']),
  token: secret().optional(),
  /** Whether a token is tried before it is kept. */
  probes: z.boolean().optional(),
  secret: secret().optional(),
  key: secret().optional(),
  /** As the provider names itself. */
  issuer: z.string().optional(),
});
export type PagesSettings = z.infer<typeof settings>;

/** A connector of pages that wants to be signed in, in each way there is. */
export const pages: Connector<PagesSettings, number> = defineConnector({
  name: 'pages',
  title: 'Pages behind a sign-in',
  settings,
  cursor: z.number(),
  operations: [
    { name: 'read pages', access: 'read', calls: ['GET /pages'], scope: 'read:pages' },
    { name: 'read people', access: 'read', calls: ['GET /people'], scope: 'read:people' },
  ],
  hosts: ({ url }) => [new URL(url).host],
  signIn: (given) => signInOf(given),
  probe: ({ url, probes }) => (probes ? { url: `${url}/people`, scopes: 'x-scopes' } : undefined),
  async *sync({ fetch, settings: { url }, signal }) {
    const reply = await fetch(`${url}/pages`, { signal });
    if (!reply.ok) throw new AppError('source_changed', `The pages answered ${reply.status}.`);
    const found = z.array(z.string()).parse(await reply.json());
    yield { type: 'listing' };
    for (const key of found) {
      yield {
        type: 'document',
        document: {
          key,
          title: key,
          type: 'page',
          updatedAt: new Date(0),
          acl: { terms: [{ allow: ['everyone'], deny: [], from: 'pages' }] },
          body: { kind: 'text', text: `This is ${key}`, format: 'plain' },
        },
      };
    }
    yield { type: 'complete' };
  },
});

const signInOf = ({ by, provider, token, secret: given, key, issuer }: PagesSettings): SignIn => {
  if (by === 'token') return { kind: by, ...(token && { token }) };
  if (by === 'client_credentials') {
    return {
      kind: by,
      token: `${provider}/token`,
      clientId: ROBOT.id,
      clientSecret: given ?? new Secret(ROBOT.secret),
      clientAuthentication: 'post',
    };
  }
  if (by === 'service_account') {
    return {
      kind: by,
      token: `${provider}/token`,
      exchange: 'assertion',
      claims: { iss: 'robot@acme.test' },
      algorithm: 'RS256',
      key: key ?? new Secret(''),
    };
  }
  return {
    kind: by,
    authorize: `${provider}/auth`,
    token: `${provider}/token`,
    revoke: `${provider}/token/revocation`,
    ...(issuer !== undefined && { issuer }),
    clientId: CLIENT.id,
    clientSecret: given ?? new Secret(CLIENT.secret),
  };
};
