import { decodeJwt, decodeProtectedHeader, exportSPKI, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { TrustedIssuer } from '../../src/access/issuer-authority.ts';
import type { Bearer } from '../../src/access/token.ts';
import type { Refusal } from '../../src/access/verifier.ts';
import { type AnIssuer, anIssuer } from '../support/an-issuer.ts';
import { aStrangersKey, aTokenServer, type ATokenServer, AUDIENCE, forge } from '../support/a-token-server.ts';

let issuer: AnIssuer;
let good: string;

beforeAll(async () => {
  issuer = await anIssuer({
    audience: AUDIENCE,
    people: [
      { sub: 'ada', email: 'Ada@acme.test', email_verified: true },
      { sub: 'bob', email: 'bob@acme.test', email_verified: false },
    ],
  });
  good = (await issuer.signIn('ada')).access_token;
});

afterAll(() => issuer.stop());

const aServer = (trusted: readonly Partial<TrustedIssuer>[] = [{}]): Promise<ATokenServer> =>
  aTokenServer(trusted.map((one) => ({ issuer: issuer.issuer, ...one })));

const verify = async (token: string, ...trusted: Partial<TrustedIssuer>[]): Promise<Bearer | Refusal> =>
  (await aServer(trusted.length === 0 ? [{}] : trusted)).verify(token);

const forged = (claims: object = {}, header: object = {}, key?: JWK): Promise<string> =>
  forge(issuer, good, { claims, header, ...(key ? { key } : {}) });

const seconds = (): number => Math.floor(Date.now() / 1000);

describe('a good token', () => {
  test('of a person says who, through which client, what for and how long', async () => {
    expect(await verify(good)).toEqual({
      identity: { issuer: issuer.issuer, subject: 'ada', email: 'ada@acme.test' },
      client: 'agent',
      scopes: ['read'],
      expiresAt: (decodeJwt(good).exp ?? 0) * 1000,
    });
  });

  test('carries no e-mail that its issuer does not vouch for', async () => {
    const bob = (await issuer.signIn('bob')).access_token;

    expect(await verify(bob)).toMatchObject({ identity: { issuer: issuer.issuer, subject: 'bob' } });
    expect(await verify(bob)).not.toHaveProperty('identity.email');
    expect(await verify(bob, { authoritativeFor: ['test', 'b.acme.test'] })).not.toHaveProperty('identity.email');
    expect(await verify(bob, { authoritativeFor: ['acme.test'] })).toHaveProperty('identity.email', 'bob@acme.test');
  });

  test('of a service carries none at all', async () => {
    const plain = await issuer.ofService();
    const token = await forged({ ...decodeJwt(plain), email: 'ada@acme.test', email_verified: true });

    expect(await verify(plain)).toEqual(await verify(token));
    expect(await verify(token, { authoritativeFor: ['acme.test'] })).toMatchObject({
      identity: { issuer: issuer.issuer, subject: 'robot' },
      client: 'robot',
    });
    expect(await verify(token, { authoritativeFor: ['acme.test'] })).not.toHaveProperty('identity.email');
  });

  test('may name its one audience in a list, and scopes that are not ours', async () => {
    expect(await verify(await forged({ aud: [AUDIENCE], scope: 'openid write admin read' }))).toMatchObject({
      scopes: ['read', 'write'],
    });
  });

  test('is good only through the clients that the configuration names', async () => {
    expect(await verify(good, { clientIds: ['other', 'agent'] })).toMatchObject({ client: 'agent' });
    expect(await verify(good, { clientIds: ['other'] })).toBe('client');
  });

  test('is for the audience that the configuration gives its issuer', async () => {
    expect(await verify(good, { audience: 'api' })).toBe('audience');
    expect(await verify(await forged({ aud: 'api' }), { audience: 'api' })).toMatchObject({ client: 'agent' });
  });
});

describe('a token is refused', () => {
  test.each<[string, () => object, Refusal]>([
    ['that expired', () => ({ exp: seconds() - 6 }), 'expired'],
    ['that never expires', () => ({ exp: undefined }), 'claims'],
    ['that was issued in the future', () => ({ iat: seconds() + 60 }), 'claims'],
    ['that was issued at no time', () => ({ iat: undefined }), 'claims'],
    ['that is older than a day', () => ({ iat: seconds() - 86_500 }), 'expired'],
    ['that is not good yet', () => ({ nbf: seconds() + 60 }), 'claims'],
    ['for another server', () => ({ aud: 'https://other.test/mcp' }), 'audience'],
    ['for this server with a slash', () => ({ aud: `${AUDIENCE}/` }), 'audience'],
    ['for this server and another', () => ({ aud: [AUDIENCE, 'https://other.test/mcp'] }), 'audience'],
    ['for this server twice', () => ({ aud: [AUDIENCE, AUDIENCE] }), 'audience'],
    ['for nobody', () => ({ aud: undefined }), 'audience'],
    ['of an issuer with a slash more', () => ({ iss: `${issuer.issuer}/` }), 'unknown_issuer'],
    ['of nobody', () => ({ iss: undefined }), 'unknown_issuer'],
    ['of a list of issuers', () => ({ iss: [issuer.issuer] }), 'unknown_issuer'],
    ['of this server itself', () => ({ iss: 'urn:castellan:local' }), 'unknown_issuer'],
    ['about nobody', () => ({ sub: undefined }), 'claims'],
    ['about a number', () => ({ sub: 7 }), 'claims'],
    ['about a name with a line break', () => ({ sub: 'ada\nbob' }), 'claims'],
    ['of no client', () => ({ client_id: undefined }), 'claims'],
    ['of a client with an empty name', () => ({ client_id: '' }), 'claims'],
    ['that answers a sign-in', () => ({ nonce: 'n' }), 'type'],
    ['that ends a session', () => ({ events: {} }), 'type'],
    ['that is bound to a key', () => ({ cnf: { jkt: 'x' } }), 'type'],
  ])('%s', async (_name, claims, why) => {
    expect(await verify(await forged(claims()))).toBe(why);
  });

  test('that is an ID token, or a refresh token', async () => {
    const { id_token: id = '', refresh_token: refresh = '' } = await issuer.signIn('ada');

    expect(await verify(id)).toBe('audience');
    expect(await verify(id, { audience: 'agent' })).toBe('type');
    expect(await verify(refresh)).toBe('malformed');
    expect(await verify(await forged({}, { typ: 'JWT' }))).toBe('type');
    expect(await verify(await forged({}, { typ: 'logout+jwt' }))).toBe('type');
    expect(await verify(await forged({}, { typ: undefined }))).toBe('type');
  });

  test('that nobody signed', async () => {
    const unsigned = new UnsecuredJWT(decodeJwt(good)).encode();
    const [, claims] = good.split('.');

    expect(await verify(unsigned)).toBe('algorithm');
    expect(await verify(`${good.slice(0, good.lastIndexOf('.'))}.`)).toBe('signature');
    expect(await verify(`${Buffer.from('{"typ":"at+jwt"}').toString('base64url')}.${claims}.`)).toBe('malformed');
  });

  test('that is signed with the public key as a secret', async () => {
    const { d: _, ...open } = issuer.key();
    const publicKey = await importJWK({ ...open, ext: true }, 'ES256');
    const spki = publicKey instanceof Uint8Array ? '' : await exportSPKI(publicKey);
    for (const secret of [JSON.stringify(open), spki, spki.trim()]) {
      const token = await new SignJWT(decodeJwt(good))
        .setProtectedHeader({ ...decodeProtectedHeader(good), alg: 'HS256' })
        .sign(new TextEncoder().encode(secret));
      expect(await verify(token)).toBe('algorithm');
    }
  });

  test('that a stranger signed, under the name of the right key or with a key of their own along', async () => {
    const key = await aStrangersKey();
    const { d: _, ...open } = key;

    expect(await verify(await forged({}, {}, key))).toBe('signature');
    expect(await verify(await forged({}, { jwk: open }, key))).toBe('signature');
    expect(await verify(await forged({}, { jwk: open, kid: undefined }, key))).toBe('signature');
    expect(await verify(await forged({}, { kid: 'mine', jwk: open }, key))).toBe('unknown_key');
  });

  test('whose header says where its key is, and nobody looks there', async () => {
    const server = await aServer();
    const key = await aStrangersKey();

    expect(
      await server.verify(await forged({}, { jku: `${issuer.issuer}/mine`, x5u: `${issuer.issuer}/mine`, kid: 'mine' }, key)),
    ).toBe('unknown_key');
    expect(server.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  test('whose header asks for what we do not understand', async () => {
    const token = await new SignJWT(decodeJwt(good))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: issuer.key().kid ?? '', crit: ['exp'], exp: 1 })
      .sign(await importJWK(issuer.key(), 'ES256'), { crit: { exp: true } });

    expect(await verify(token)).toBe('malformed');
  });

  test('that is larger than any header we take', async () => {
    expect(await verify(await forged({ groups: 'x'.repeat(8192) }))).toBe('too_large');
  });

  test('of an issuer that is not configured, without a word to that issuer', async () => {
    const server = await aServer();

    expect(await server.verify(await forged({ iss: 'https://evil.test' }, {}, await aStrangersKey()))).toBe('unknown_issuer');
    expect(server.asked).toEqual([]);
  });
});

test('the same subject of two issuers is two people, and neither can speak for the other', async () => {
  const other = await anIssuer({ audience: AUDIENCE });
  try {
    const theirs = (await other.signIn('ada')).access_token;
    const server = await aServer([{}, { issuer: other.issuer }]);

    expect(await server.verify(good)).toMatchObject({ identity: { issuer: issuer.issuer, subject: 'ada' } });
    expect(await server.verify(theirs)).toMatchObject({ identity: { issuer: other.issuer, subject: 'ada' } });
    expect(await server.verify(await forged({ iss: other.issuer }))).toBe('unknown_key');
    expect(await server.verify(await forged({ iss: other.issuer }, { kid: other.key().kid }))).toBe('signature');
    expect(await verify(theirs)).toBe('unknown_issuer');
  } finally {
    await other.stop();
  }
});

test('of a domain that one issuer is configured to speak for, no other issuer is believed', async () => {
  const partner = await anIssuer({
    audience: AUDIENCE,
    people: [
      { sub: 'eve', email: 'ada@acme.test', email_verified: true },
      { sub: 'pat', email: 'pat@partner.test', email_verified: true },
    ],
  });
  try {
    const eve = (await partner.signIn('eve')).access_token;
    const pat = (await partner.signIn('pat')).access_token;
    const ours = { authoritativeFor: ['acme.test'] };
    const theirs = { issuer: partner.issuer };

    for (const trusted of [
      [ours, theirs],
      [theirs, ours],
    ]) {
      const server = await aServer(trusted);
      expect(await server.verify(eve)).toMatchObject({ identity: { issuer: partner.issuer, subject: 'eve' } });
      expect(await server.verify(eve)).not.toHaveProperty('identity.email');
      expect(await server.verify(pat)).toHaveProperty('identity.email', 'pat@partner.test');
      expect(await server.verify(good)).toHaveProperty('identity.email', 'ada@acme.test');
    }
    expect(await (await aServer([ours, { ...theirs, ...ours }])).verify(eve)).toHaveProperty('identity.email', 'ada@acme.test');
    expect(await (await aServer([{}, theirs])).verify(eve)).toHaveProperty('identity.email', 'ada@acme.test');
  } finally {
    await partner.stop();
  }
});
