import { generateKeyPairSync } from 'node:crypto';

import { expect, test } from 'vitest';

import { createIssuerKeys } from '../../src/access/issuer-keys.ts';
import type { Fetch } from '../../src/core/connector.ts';

const ISSUER = 'https://login.acme.test/realms/acme';
const KEYS = 'https://login.acme.test/keys';
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' };
const never = new AbortController().signal;

/** A network that holds these documents, by address. */
const network =
  (documents: Readonly<Record<string, unknown>>, asked: string[] = []): Fetch =>
  async (input, init) => {
    const address = input instanceof Request ? input.url : new URL(input).href;
    asked.push(address);
    expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
    const found = documents[address];
    if (found instanceof Response) return found;
    return found === undefined ? new Response('', { status: 404 }) : Response.json(found);
  };

const DOCUMENT = 'https://login.acme.test/realms/acme/.well-known/openid-configuration';
const find = (fetch: Fetch, { issuer = ISSUER, alg = 'ES256' } = {}): Promise<unknown> =>
  createIssuerKeys({ issuer, fetch, now: () => 0 }).find({ alg, kid: 'k1' }, never);

test.each([
  ['behind the issuer’s path', ISSUER, DOCUMENT],
  ['behind a slash of its name', `${ISSUER}/`, DOCUMENT],
  [
    'before the issuer’s path, where that is the only one',
    ISSUER,
    'https://login.acme.test/.well-known/oauth-authorization-server/realms/acme',
  ],
  ['at the root', 'https://login.acme.test', 'https://login.acme.test/.well-known/openid-configuration'],
])('the document is found %s', async (_name, issuer, at) => {
  expect(await find(network({ [at]: { issuer, jwks_uri: KEYS }, [KEYS]: { keys: [KEY] } }), { issuer })).toMatchObject({
    type: 'public',
  });
});

test.each<[string, Record<string, unknown>]>([
  ['there is no document', {}],
  ['it is no JSON', { [DOCUMENT]: new Response('<html>') }],
  ['it is a list', { [DOCUMENT]: [] }],
  ['it calls itself otherwise', { [DOCUMENT]: { issuer: `${ISSUER}/`, jwks_uri: KEYS } }],
  ['it names no keys', { [DOCUMENT]: { issuer: ISSUER } }],
  ['its keys are no address', { [DOCUMENT]: { issuer: ISSUER, jwks_uri: 'keys' } }],
  ...[
    'http://login.acme.test/keys',
    'http://127.0.0.1/keys',
    'https://127.0.0.1/keys',
    'https://[::1]/keys',
    'https://169.254.169.254/keys',
    'https://2130706433/keys',
    'https://localhost/keys',
    'https://a:b@login.acme.test/keys',
    'file:///etc/passwd',
  ].map((uri): [string, Record<string, unknown>] => [
    `its keys lie at ${uri}`,
    { [DOCUMENT]: { issuer: ISSUER, jwks_uri: uri }, [uri]: { keys: [KEY] } },
  ]),
  ['it fails', { [DOCUMENT]: new Response('', { status: 500 }) }],
  ['it never ends', { [DOCUMENT]: new Response(`"${'x'.repeat(600_000)}"`) }],
  ['there are no keys', { [DOCUMENT]: { issuer: ISSUER, jwks_uri: KEYS } }],
  ['the keys are none', { [DOCUMENT]: { issuer: ISSUER, jwks_uri: KEYS }, [KEYS]: { keys: 'k1' } }],
  [
    'there are too many keys',
    { [DOCUMENT]: { issuer: ISSUER, jwks_uri: KEYS }, [KEYS]: { keys: Array.from({ length: 101 }, () => KEY) } },
  ],
  ['the key is broken', { [DOCUMENT]: { issuer: ISSUER, jwks_uri: KEYS }, [KEYS]: { keys: [{ ...KEY, x: 'AA' }] } }],
])('no token can be judged where %s', async (_name, documents) => {
  await expect(find(network(documents))).rejects.toMatchObject({ code: 'unavailable', cause: expect.any(Error) });
});

test('a key on a host of another name is taken with a certificate', async () => {
  const elsewhere = 'https://keys.cdn.test/acme';
  expect(
    await find(network({ [DOCUMENT]: { issuer: ISSUER, jwks_uri: elsewhere }, [elsewhere]: { keys: [KEY] } })),
  ).toMatchObject({ type: 'public' });
});

const rsa = (modulusLength: number): object => ({
  ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
  kid: 'k1',
});
const of = (...keys: object[]): Fetch => network({ [DOCUMENT]: { issuer: ISSUER, jwks_uri: KEYS }, [KEYS]: { keys } });

test('an RSA key that is too short, two keys of one name and a key of another kind are no keys', async () => {
  expect(await find(of(rsa(1024)), { alg: 'RS256' })).toBeUndefined();
  expect(await find(of(rsa(2048)), { alg: 'RS256' })).toMatchObject({ type: 'public' });
  expect(await find(of(KEY, KEY))).toBeUndefined();
  expect(await find(of(KEY), { alg: 'RS256' })).toBeUndefined();
  expect(await find(of({ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }))).toBeUndefined();
});

test('an issuer that does not answer is not asked again at once', async () => {
  const asked: string[] = [];
  const keys = createIssuerKeys({
    issuer: ISSUER,
    fetch: network({ [DOCUMENT]: new Response('', { status: 500 }) }, asked),
    now: () => 0,
  });

  await expect(keys.ready(never)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(keys.ready(never)).rejects.toMatchObject({ code: 'unavailable' });

  expect(asked).toEqual([DOCUMENT]);
});
