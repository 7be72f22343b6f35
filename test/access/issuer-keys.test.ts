import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { KEYS_MAX_AGE, LOOK_AGAIN, TRY_AGAIN } from '../../src/access/issuer-keys.ts';
import { type AnIssuer, anIssuer } from '../support/an-issuer.ts';
import { aStrangersKey, aTokenServer, type ATokenServer, AUDIENCE, forge } from '../support/a-token-server.ts';

let issuer: AnIssuer;
let good: string;

beforeAll(async () => {
  issuer = await anIssuer({ audience: AUDIENCE });
  good = (await issuer.signIn('ada')).access_token;
});

afterAll(() => issuer.stop());

const aServer = (trusted = issuer): Promise<ATokenServer> => aTokenServer([{ issuer: trusted.issuer }]);

const forged = (claims: object = {}, header: object = {}, key?: JWK): Promise<string> =>
  forge(issuer, good, { claims, header, ...(key ? { key } : {}) });

describe('the keys of an issuer', () => {
  test('are read once for all who come', async () => {
    const server = await aServer();

    const all = await Promise.all(Array.from({ length: 50 }, () => server.verify(good)));

    expect(all.filter((one) => typeof one === 'string')).toEqual([]);
    expect(server.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  test('may change: a new key is good at once, and a withdrawn one dies', async () => {
    const turning = await anIssuer({ audience: AUDIENCE });
    try {
      const server = await aServer(turning);
      const before = (await turning.signIn('ada')).access_token;
      await server.verify(before);
      await turning.rotate();
      server.wait(LOOK_AGAIN);
      expect(await server.verify(before)).toMatchObject({ client: 'agent' }); // not known to be withdrawn

      expect(await server.verify((await turning.signIn('ada')).access_token)).toMatchObject({ client: 'agent' });
      expect(await server.verify(before)).toBe('unknown_key');
      expect(server.asked).toEqual(['/.well-known/openid-configuration', '/jwks', '/jwks']);
    } finally {
      await turning.stop();
    }
  });

  test('that were withdrawn die within ten minutes, even if nobody uses a new one', async () => {
    const turning = await anIssuer({ audience: AUDIENCE, lifetime: 3600 });
    try {
      const server = await aServer(turning);
      const before = (await turning.signIn('ada')).access_token;
      await server.verify(before);
      await turning.rotate();

      server.wait(KEYS_MAX_AGE - 1000);
      expect(await server.verify(before)).toMatchObject({ client: 'agent' });
      server.wait(1000);
      expect(await server.verify(before)).toBe('unknown_key');
    } finally {
      await turning.stop();
    }
  });

  test('that are invented by the thousand cause one look in half a minute', async () => {
    const server = await aServer();
    const key = await aStrangersKey();
    await server.verify(good);
    const flood = await Promise.all(Array.from({ length: 1000 }, (_, n) => forged({}, { kid: `k${n}` }, key)));

    const first = await Promise.all(flood.map((token) => server.verify(token)));
    expect(new Set(first)).toEqual(new Set(['unknown_key']));
    expect(server.asked).toHaveLength(2);

    server.wait(LOOK_AGAIN);
    await Promise.all(flood.map((token) => server.verify(token)));
    expect(server.asked).toHaveLength(3);
    expect(await server.verify(good)).toMatchObject({ client: 'agent' });
  });

  test('that cannot be read say nothing about a token: it is neither good nor refused', async () => {
    const server = await aServer();
    server.lose();

    await expect(server.verify(good)).rejects.toMatchObject({
      code: 'unavailable',
      message: `The keys of ${issuer.issuer} cannot be read, so no token of it can be judged. Try again in a moment.`,
    });
    await expect(server.ready()).rejects.toMatchObject({ code: 'unavailable' });
    await Promise.allSettled(Array.from({ length: 100 }, () => server.verify(good)));
    expect(server.asked).toHaveLength(1);

    server.find();
    server.wait(TRY_AGAIN);
    await server.ready();
    expect(await server.verify(good)).toMatchObject({ client: 'agent' });
  });

  test('that were read stay good while they cannot be read again, until they are too old', async () => {
    const server = await aServer();
    const long = await forged({ exp: Math.floor(Date.now() / 1000) + 3600 });
    await server.verify(long);
    server.lose();
    server.wait(LOOK_AGAIN);

    await expect(server.verify(await forged({}, { kid: 'new' }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await server.verify(long)).toMatchObject({ client: 'agent' });

    server.wait(KEYS_MAX_AGE);
    await expect(server.verify(long)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('are waited for only as long as the caller does, and are there for the next', async () => {
    const server = await aServer();
    const leaving = new AbortController();

    const gone = server.verify(good, leaving.signal);
    leaving.abort(new Error('went away'));

    await expect(gone).rejects.toThrow('went away');
    expect(await server.verify(good)).toMatchObject({ client: 'agent' });
    expect(server.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });
});
