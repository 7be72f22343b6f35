import { describe, expect, test } from 'vitest';

import { openCredentials } from '../../../src/store/sqlite/ledger/credentials.ts';
import { aProvider } from '../../support/a-provider.ts';
import { aSignedInSource } from '../../support/a-signed-in-source.ts';

const HOUR = 3_600_000;
const OAUTH = { by: 'oauth' } as const;
const NOBODY = { code: 'source_rejected', message: 'wiki is not connected. Run: castellan connect wiki' };

/** A source that somebody has connected. */
const connected = async (options: Parameters<typeof aProvider>[0] = {}) => {
  const provider = await aProvider(options);
  const source = await aSignedInSource({ provider, settings: OAUTH });
  await source.connect();
  return { ...source, provider };
};

test('what nobody connected is refused with the command, and the source is not asked', async () => {
  const provider = await aProvider();
  const { open, arrived, standing } = await aSignedInSource({ provider, settings: OAUTH });
  await expect(open().ask()).rejects.toMatchObject(NOBODY);
  expect(arrived).toEqual([]);
  expect(await standing()).toMatchObject({ kind: 'oauth', state: 'missing' });
});

test('a source that is connected once lets everybody in who comes later, with exactly the scopes that are declared', async () => {
  const { open, provider, standing } = await connected();
  expect(provider.asked).toEqual(['read:pages read:people']);
  expect(await open().ask()).toBe(200);
  expect(await open().ask()).toBe(200); // another process, which has nothing in memory
  expect(provider.given).toEqual(['authorization_code']);
  expect(await standing()).toMatchObject({
    state: 'connected',
    renews: true,
    scopes: ['read:pages', 'read:people'],
    missing: [],
    beyond: [],
  });
});

test('a scope that was not granted is told', async () => {
  const { standing } = await connected({ grants: (scope) => scope !== 'read:people' });
  expect(await standing()).toMatchObject({ scopes: ['read:pages'], missing: ['read:people'], beyond: [] });
});

describe('an access token', () => {
  test('is renewed a minute before its end, once for all who ask', async () => {
    const { open, provider, clock, arrived } = await connected();
    const { ask } = open();
    clock.now += HOUR - 120_000;
    expect(await ask()).toBe(200);
    expect(provider.given).toEqual(['authorization_code']);
    clock.now += 70_000;
    expect(await Promise.all(Array.from({ length: 8 }, () => ask()))).toEqual(Array.from({ length: 8 }, () => 200));
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
    expect(new Set(arrived.slice(1).map(({ headers }) => headers['authorization'])).size).toBe(1);
    expect(arrived[0]?.headers['authorization']).not.toBe(arrived[1]?.headers['authorization']);
  });

  test('that ends while a long run is on is renewed, and the run goes on', async () => {
    const { open, provider, clock } = await connected();
    const { ask } = open();
    for (let hour = 0; hour < 4; hour += 1) {
      expect(await ask()).toBe(200);
      clock.now += HOUR;
    }
    expect(provider.given).toEqual(['authorization_code', 'refresh_token', 'refresh_token', 'refresh_token']);
    expect(provider.denied).toEqual([]);
  });

  test('that the source refuses before its end is renewed once, whoever of many is refused', async () => {
    const { open, provider } = await connected();
    const { ask } = open();
    await provider.expire();
    expect(await Promise.all(Array.from({ length: 6 }, () => ask()))).toEqual(Array.from({ length: 6 }, () => 200));
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
  });

  test('is in the file before it is shown to the source', async () => {
    const provider = await aProvider();
    const versions: number[] = [];
    const source = await aSignedInSource({
      provider,
      settings: OAUTH,
      accepts: async (header) => {
        const credentials = openCredentials({ path: source.folder.ledger, readonly: true });
        versions.push(await credentials.version('wiki'));
        await credentials.close();
        return provider.accepts(header);
      },
    });
    await source.connect();
    const { ask } = source.open();
    await ask();
    source.clock.now += HOUR;
    await ask();
    expect(versions).toEqual([1, 2]);
  });

  test('goes by the time that has passed: a clock set back is set right by the source, one set forward renews early', async () => {
    const { open, provider, clock } = await connected();
    const { ask } = open();
    expect(await ask()).toBe(200);
    clock.now -= 100 * HOUR;
    expect(await ask()).toBe(200);
    await provider.expire();
    expect(await ask()).toBe(200);
    clock.now += 150 * HOUR;
    expect(await ask()).toBe(200);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token', 'refresh_token']);
  });

  test('that nobody can renew is used to its end, and then it is said that it has expired', async () => {
    const { open, provider, clock, standing } = await connected({ refreshes: false });
    const { ask } = open();
    clock.now += HOUR - 30_000;
    expect(await ask()).toBe(200);
    expect(await standing()).toMatchObject({ state: 'connected', renews: false });
    clock.now += 40_000;
    await expect(ask()).rejects.toMatchObject({ code: 'source_rejected', message: /expired.*Run: castellan connect wiki/u });
    expect(await standing()).toMatchObject({ state: 'expired' });
    expect(provider.denied).toEqual([]);
  });

  test('is renewed for the others when one of those who wait leaves', async () => {
    const { open, provider, clock } = await connected();
    const { ask } = open();
    clock.now += HOUR;
    const leaving = new AbortController();
    const gone = ask(leaving.signal);
    const stays = ask();
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    expect(await stays).toBe(200);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
  });
});

describe('a source that refuses even what is new', () => {
  test('is asked once more, and then not hammered, nor its provider', async () => {
    const provider = await aProvider();
    const { connect, open, arrived } = await aSignedInSource({ provider, settings: OAUTH, accepts: () => false });
    await connect();
    const refused = {
      code: 'source_rejected',
      message: 'wiki did not accept how Castellan signs in (401 to GET /pages). Run: castellan connect wiki',
    };
    const { ask } = open();
    await expect(ask()).rejects.toMatchObject(refused);
    expect(arrived).toHaveLength(2);
    await expect(ask()).rejects.toMatchObject(refused);
    await expect(open().ask()).rejects.toMatchObject(refused);
    expect(arrived).toHaveLength(4);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
  });
});

describe('a refresh token', () => {
  test('that its provider took back is dead for everybody, and nobody asks again until it is connected anew', async () => {
    const { connect, open, provider, clock, folder, standing } = await connected();
    const before = openCredentials({ path: folder.ledger });
    const stolen = await before.find('wiki'); // as it was before it was used
    const one = open();
    clock.now += HOUR;
    await one.ask();
    if (stolen) await before.put({ ...stolen, version: 3 });
    await before.close();
    // The row is another than the one it was sealed for, and so it is not even tried.
    await expect(open().ask()).rejects.toMatchObject({ code: 'source_rejected', message: /does not open/u });
    expect(provider.denied).toEqual([]);
    await connect();

    provider.broken = (response) =>
      void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
    clock.now += HOUR;
    const over = {
      code: 'source_rejected',
      message:
        'wiki does not let Castellan in any more: what it signed in with is over (invalid_grant). Run: castellan connect wiki',
    };
    await expect(one.ask()).rejects.toMatchObject(over);
    provider.broken = undefined;
    await expect(one.ask()).rejects.toMatchObject(over);
    await expect(open().ask()).rejects.toMatchObject(over);
    expect(await standing()).toMatchObject({ state: 'dead', renews: false });
    expect(provider.given).toHaveLength(3);
    await connect();
    expect(await one.ask()).toBe(200); // also a process that knew it as dead
  });

  test('that was used already, since an answer was lost, is dead, and it is said', async () => {
    const { open, provider, clock, folder, standing } = await connected();
    const credentials = openCredentials({ path: folder.ledger });
    const row = await credentials.find('wiki');
    clock.now += HOUR;
    await open().ask();
    // The file of before the answer: as after a loss of power on a disk that lies.
    const { default: SQLite } = await import('better-sqlite3');
    const db = new SQLite(folder.ledger);
    db.prepare('UPDATE credential SET version = ?, facts = ?, sealed = ?').run(row?.version, row?.facts, row?.sealed);
    db.close();
    await credentials.close();
    await expect(open().ask()).rejects.toMatchObject({ code: 'source_rejected', message: /invalid_grant.*castellan connect/u });
    expect(provider.denied).toEqual(['refresh_token']);
    await expect(open().ask()).rejects.toMatchObject({ code: 'source_rejected' });
    expect(provider.denied).toEqual(['refresh_token']);
    expect(await standing()).toMatchObject({ state: 'dead' });
  });

  test('is kept where the provider gives no new one', async () => {
    const { open, provider, clock } = await connected();
    const { ask } = open();
    provider.broken = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"a","token_type":"bearer"}');
    clock.now += HOUR;
    await expect(ask()).rejects.toThrow(/401/u); // which the pages do not know
    provider.broken = undefined;
    clock.now += HOUR;
    expect(await ask()).toBe(200);
    expect(provider.denied).toEqual([]);
  });
});

describe('a provider that fails', () => {
  test.each([
    ['with 503', 'source_unavailable', 503, ''],
    ['with a limit', 'source_rate_limited', 429, ''],
    ['with a page', 'source_changed', 200, '<html>sesame</html>'],
    ['with no token', 'source_changed', 200, '{"token_type":"bearer","scope":"sesame"}'],
    ['with a page that is not found', 'source_changed', 404, 'sesame'],
  ])('%s is told as %s, and asked again later', async (_, code, status, body) => {
    const { open, provider, clock } = await connected();
    const { ask } = open();
    clock.now += HOUR;
    provider.broken = (response) => void response.writeHead(status, { 'retry-after': '600' }).end(body);
    await expect(ask()).rejects.toMatchObject({ code, message: expect.not.stringContaining('sesame') });
    provider.broken = undefined;
    clock.now += 1;
    expect(await ask()).toBe(200);
  });

  test('by being gone is told as unavailable, and asked again later', async () => {
    const { open, provider, clock } = await connected();
    const { ask } = open();
    clock.now += HOUR;
    provider.broken = (response) => void response.destroy();
    await expect(ask()).rejects.toMatchObject({ code: 'source_unavailable' });
    provider.broken = undefined;
    expect(await ask()).toBe(200);
  });

  test('to know the client is told with the setting, and not asked again at once', async () => {
    const { open, provider, clock } = await connected();
    clock.now += HOUR;
    let asked = 0;
    provider.broken = (response) => {
      asked += 1;
      response.writeHead(401, { 'www-authenticate': 'Basic', 'content-type': 'application/json' });
      response.end('{"error":"invalid_client","error_description":"sesame"}');
    };
    const { ask } = open();
    for (let time = 0; time < 3; time += 1) {
      await expect(ask()).rejects.toThrow(
        'wiki did not let Castellan sign in (invalid_client). Check what sources.wiki names and what is registered there, then: castellan connect wiki',
      );
    }
    expect(asked).toBe(1);
    provider.broken = undefined;
    clock.now += 61_000;
    expect(await ask()).toBe(200); // nothing was thrown away
  });
});
