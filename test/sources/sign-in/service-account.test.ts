import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';

import { Secret } from '../../../src/core/secret.ts';
import type { SignIn } from '../../../src/core/sign-in.ts';
import { openOutgoingLater } from '../../../src/open-outgoing.ts';
import { nextGrant } from '../../../src/sources/sign-in/grant.ts';
import type { Granted } from '../../../src/sources/sign-in/token-endpoint.ts';
import { aPeer, type Arrived } from '../../support/a-peer.ts';
import { pages } from '../../support/a-signing-source.ts';

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' = 'pkcs8'): string => String(key.export({ type, format: 'pem' }));
const MINUTE = 60_000;

type Account = Extract<SignIn, { kind: 'service_account' }>;

/** A provider that looks at statements as the real ones do: signature, audience, and times by its own clock. */
const aStatementReader = (key: KeyObject, { ahead = 0, audience }: { ahead?: number; audience?: string }) => {
  return async ({ body, headers }: Arrived, response: ServerResponse): Promise<void> => {
    const now = new Date(Date.now() + ahead);
    const sent = headers['authorization']?.replace('Bearer ', '') ?? new URLSearchParams(body).get('assertion') ?? '';
    const said = { date: now.toUTCString(), 'content-type': 'application/json' };
    const good = await jwtVerify(sent, key, {
      currentDate: now,
      maxTokenAge: '10m',
      ...(audience === undefined ? {} : { audience }),
    }).catch(() => undefined);
    if (!good) return void response.writeHead(401, said).end('{"error":"invalid_grant","error_description":"sesame"}');
    const { iss, scope } = good.payload;
    const answer =
      headers['authorization'] === undefined
        ? { access_token: `for ${iss}`, token_type: 'Bearer', expires_in: 3600, scope }
        : {
            token: `for ${iss}`,
            expires_at: new Date(now.getTime() + 60 * MINUTE).toISOString(),
            permissions: { issues: 'read' },
          };
    response.writeHead(201, said).end(JSON.stringify(answer));
  };
};

const asked = async (
  url: string,
  signIn: Partial<Account> & Pick<Account, 'key'>,
  now = Date.now,
): Promise<Granted | undefined> => {
  const outgoing = openOutgoingLater({ now, random: Math.random });
  const account: Account = {
    kind: 'service_account',
    token: `${url}/token`,
    exchange: 'assertion',
    claims: { iss: 'robot', sub: 'boss@acme.test' },
    algorithm: 'RS256',
    ...signIn,
  };
  const source = { name: 'wiki', connector: pages, hosts: [], signIn: account, privateNetwork: true };
  try {
    return await nextGrant(undefined, { source, outgoing, now, signal: AbortSignal.timeout(30_000) });
  } finally {
    await outgoing.close();
  }
};

describe('a service account', () => {
  test('signs for whom it asks, to whom, and with exactly the scopes that are declared', async () => {
    const peer = await aPeer((arrived, response) =>
      aStatementReader(RSA.publicKey, { audience: `${peer.url}/token` })(arrived, response),
    );
    expect(await asked(peer.url, { key: new Secret(pem(RSA.privateKey)) })).toEqual({
      token: 'for robot',
      lifetime: 60 * MINUTE,
      scopes: ['read:pages', 'read:people'],
    });
    expect(peer.arrived[0]?.headers['authorization']).toBeUndefined();
  });

  test('of an app shows its statement as a bearer token, and hears how long and for what', async () => {
    const peer = await aPeer(aStatementReader(EC.publicKey, {}));
    const granted = await asked(peer.url, { key: new Secret(pem(EC.privateKey)), algorithm: 'ES256', exchange: 'bearer' });
    expect(granted).toMatchObject({ token: 'for robot', scopes: ['issues:read'] });
    expect(granted?.lifetime).toBeGreaterThan(58 * MINUTE);
  });

  test.each([
    ['ten minutes ahead', 10 * MINUTE, 2],
    ['an hour behind', -60 * MINUTE, 2],
    ['twenty seconds ahead', 20_000, 1],
  ])('is let in by a provider whose clock is %s, for as long as that meant', async (_, ahead, calls) => {
    const peer = await aPeer(aStatementReader(RSA.publicKey, { ahead }));
    const granted = await asked(peer.url, { key: new Secret(pem(RSA.privateKey)), exchange: 'bearer' });
    expect(granted?.lifetime).toBeGreaterThan(58 * MINUTE);
    expect(granted?.lifetime).toBeLessThan(62 * MINUTE);
    expect(peer.arrived).toHaveLength(calls);
  });

  test('that is refused is not tried on and on, and nothing that was said is quoted', async () => {
    const peer = await aPeer(aStatementReader(EC.publicKey, { ahead: 10 * MINUTE }));
    await expect(asked(peer.url, { key: new Secret(pem(RSA.privateKey)) })).rejects.toMatchObject({
      reason: 'invalid_grant',
      message: expect.not.stringContaining('sesame'),
    });
    expect(peer.arrived).toHaveLength(2);
  });

  test.each([
    ['with lines that are written out', pem(RSA.privateKey).replaceAll('\n', String.raw`\n`)],
    ['in the older form', pem(RSA.privateKey, 'pkcs1')],
  ])('takes a key %s', async (_, key) => {
    const peer = await aPeer(aStatementReader(RSA.publicKey, {}));
    expect(await asked(peer.url, { key: new Secret(key) })).toMatchObject({ token: 'for robot' });
  });

  test.each([
    ['no key', 'sesame'],
    ['a key of another kind', pem(EC.privateKey)],
    ['a public key', String(RSA.publicKey.export({ type: 'spki', format: 'pem' }))],
  ])('with %s is told so, and the key is not repeated', async (_, key) => {
    const peer = await aPeer((__, response) => void response.end());
    await expect(asked(peer.url, { key: new Secret(key, 'WIKI_KEY') })).rejects.toMatchObject({
      code: 'config',
      message: 'WIKI_KEY is no private key for RS256. Give the whole file in PEM, from -----BEGIN to -----END.',
    });
    expect(peer.arrived).toEqual([]);
  });
});
