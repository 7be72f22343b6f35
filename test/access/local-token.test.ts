import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';
import { expect, test } from 'vitest';

import { localKeys } from '../../src/access/local-key.ts';
import { issueLocalToken, type IssuedToken } from '../../src/access/local-token.ts';
import { createTokens } from '../../src/access/tokens.ts';
import type { Bearer } from '../../src/access/token.ts';
import type { Refusal } from '../../src/access/verifier.ts';
import { tokenKeys } from '../support/a-key-ring.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const AUDIENCE = 'https://castellan.acme.test/mcp';
const never = new AbortController().signal;

const issue = async (
  who: string,
  { key = 1, audience = AUDIENCE, ...given }: { key?: number; audience?: string; client?: string; minutes?: number } = {},
): Promise<IssuedToken> =>
  issueLocalToken(
    { who, client: 'chatgpt', scopes: ['read'], minutes: 15, actor: 'os:tester', id: 'j1', now: NOW, ...given },
    { keys: await tokenKeys(key), audience },
  );

const verify = async (
  token: string,
  { keys = [1], now = NOW, local = true }: { keys?: number[]; now?: number; local?: boolean } = {},
): Promise<Bearer | Refusal> => {
  let refusal: Refusal | undefined;
  const tokens = createTokens({
    identity: { local, issuers: [] },
    audience: AUDIENCE,
    keys: await tokenKeys(...keys),
    fetch: () => Promise.reject(new Error('nothing is fetched for a local token')),
    now: () => now,
    onRefusal: (why) => (refusal = why),
  });
  try {
    return await tokens.verify(token, never);
  } catch (error) {
    expect(error).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringMatching(/^This token is not good here\. Get/u),
    });
    if (refusal) return refusal;
    throw error;
  }
};

/** Signed with this server's own key, by somebody who found it. */
const signed = async (claims: Record<string, unknown>, header: object = {}): Promise<string> => {
  const [key] = await localKeys(await tokenKeys(1));
  return new SignJWT({ ...decodeJwt((await issue('ada@acme.test')).token), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(key.privateKey);
};

test('a local token says who, through which client, what for and how long', async () => {
  const { token, expiresAt } = await issue(' Ada@Acme.test');

  expect(await verify(token)).toEqual({
    identity: { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' },
    client: 'chatgpt',
    scopes: ['read'],
    actor: 'os:tester',
    expiresAt: NOW + 15 * 60_000,
  });
  expect(expiresAt).toBe(NOW + 15 * 60_000);
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.stringMatching(/^[\w-]{43}$/u) });
  expect(decodeJwt(token)).toMatchObject({ jti: 'j1', aud: AUDIENCE });
});

test('a token for issuer and subject is for that identity, and carries no e-mail', async () => {
  const { token } = await issue('https://login.acme.test|00u1');

  expect(await verify(token)).toMatchObject({ identity: { issuer: 'https://login.acme.test', subject: '00u1' } });
});

test('the same key of the organisation makes the same signing key in every process, a fixed one', async () => {
  const [key] = await localKeys(await tokenKeys(1));

  const { x, y } = await exportJWK(key.publicKey);

  expect((await localKeys(await tokenKeys(1)))[0].kid).toBe(key.kid);
  expect({ x, y, kid: key.kid }).toMatchInlineSnapshot(`
    {
      "kid": "wwgExo6h7jI2rVlWKypjDLgwiVJSXV9f1N8gbi2H5Vg",
      "x": "JcyPJSKDCLAV7TaEzc7mhxLXqJqNQxhPNu8Z7wl7vgs",
      "y": "69SnHWW8ZJPZ2vcOfaqaxp0lkc3gi0_awY-vviQB3mU",
    }
  `);
  await expect(exportJWK(key.privateKey)).rejects.toThrow('non-extractable');
});

test('during a rotation the new key signs and both are accepted; after it the old one is not', async () => {
  const old = await issue('ada@acme.test', { key: 1 });
  const { token } = await issueLocalToken(
    { who: 'ada@acme.test', client: 'x', scopes: ['read'], minutes: 1, actor: 'os:tester', id: 'j', now: NOW },
    { keys: await tokenKeys(2, 1), audience: AUDIENCE },
  );

  expect(await verify(old.token, { keys: [2, 1] })).toMatchObject({ client: 'chatgpt' });
  expect(await verify(token, { keys: [2] })).toMatchObject({ client: 'x' });
  expect(await verify(old.token, { keys: [2] })).toBe('unknown_key');
});

test('a local token dies with its minutes, and one from the future is not born yet', async () => {
  const { token } = await issue('ada@acme.test', { minutes: 1 });

  expect(await verify(token, { now: NOW + 59_000 })).toMatchObject({ client: 'chatgpt' });
  expect(await verify(token, { now: NOW + 66_000 })).toBe('expired');
  expect(await verify(token, { now: NOW - 6000 })).toBe('claims');
});

test('where local tokens are off, a good one is as strange as any', async () => {
  expect(await verify((await issue('ada@acme.test')).token, { local: false })).toBe('unknown_issuer');
});

test('a token for another server is refused, and so is one for this and another', async () => {
  expect(await verify((await issue('ada@acme.test', { audience: `${AUDIENCE}/` })).token)).toBe('audience');
  expect(await verify(await signed({ aud: [AUDIENCE, 'https://other.test'] }))).toBe('audience');
  expect(await verify(await signed({ aud: [AUDIENCE] }))).toMatchObject({ client: 'chatgpt' });
});

test.each<[string, Record<string, unknown>, object, Refusal]>([
  ['no expiry', { exp: undefined }, {}, 'claims'],
  ['no time of issue', { iat: undefined }, {}, 'claims'],
  ['no subject', { sub: undefined }, {}, 'claims'],
  ['an expiry that is no number', { exp: '2099' }, {}, 'claims'],
  ['a day and an age', { iat: NOW / 1000 - 86_500 }, {}, 'expired'],
  ['a beginning still to come', { nbf: NOW / 1000 + 60 }, {}, 'claims'],
  ['the type of an ID token', {}, { typ: 'JWT' }, 'type'],
  ['no type', {}, { typ: undefined }, 'type'],
  ['a type that is no text', {}, { typ: 7 }, 'type'],
  ['the claims of an ID token', { nonce: 'n' }, {}, 'type'],
  ['another use', { token_use: 'id' }, {}, 'type'],
  ['a key it is bound to', { cnf: { jkt: 'x' } }, {}, 'type'],
  ['an unknown key', {}, { kid: 'x' }, 'unknown_key'],
  ['a key id that is no text', {}, { kid: 7 }, 'unknown_key'],
])('a token with %s is refused, whoever signed it', async (_name, claims, header, why) => {
  expect(await verify(await signed(claims, header))).toBe(why);
});

test.each<[string, string, Refusal]>([
  ['nothing', '', 'malformed'],
  ['words', 'let me in', 'malformed'],
  ['two parts', 'e30.e30', 'malformed'],
  ['a list of claims', 'e30.W10.e30', 'malformed'],
  ['no issuer', 'e30.e30.e30', 'unknown_issuer'],
  ['8 kB and more', 'a'.repeat(8193), 'too_large'],
])('%s for a token is refused', async (_name, token, why) => {
  expect(await verify(token)).toBe(why);
});

test('a token whose claims were changed is refused', async () => {
  const [header, , signature] = (await issue('ada@acme.test')).token.split('.');
  const claims = Buffer.from(JSON.stringify({ ...decodeJwt((await issue('bob@acme.test')).token) })).toString('base64url');

  expect(await verify([header, claims, signature].join('.'))).toBe('signature');
});

test('a token is issued for somebody and through a client, or not at all', async () => {
  await expect(issue('nobody')).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(issue('ada@acme.test', { client: '' })).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(issue('ada@acme.test', { client: 'a\nb' })).rejects.toMatchObject({ code: 'invalid_input' });
});
