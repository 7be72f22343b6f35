import { randomBytes } from 'node:crypto';

import SQLite from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { type Facts, keptIn, rowOf, type SigningSource } from '../../../src/sources/sign-in/kept.ts';
import { aProvider } from '../../support/a-provider.ts';
import { aSignedInSource } from '../../support/a-signed-in-source.ts';

const HOUR = 3_600_000;
const OAUTH = { by: 'oauth' } as const;
const SOURCE: SigningSource = {
  name: 'wiki',
  connector: { name: 'pages', operations: [] },
  hosts: ['wiki.acme.test'],
  signIn: { kind: 'oauth', authorize: 'https://a.test', token: 'https://t.test', clientId: 'c' },
  privateNetwork: false,
};
const FACTS: Facts = { kind: 'oauth', connectedAt: 1, obtainedAt: 1, renews: true };

/** A source that somebody has connected. */
const connected = async () => {
  const provider = await aProvider();
  const source = await aSignedInSource({ provider, settings: OAUTH });
  await source.connect();
  return { ...source, provider };
};

describe('what is kept', () => {
  test('does not open once the source is somewhere else', async () => {
    const { open } = await connected();
    const { ask } = open({ provider: 'http://127.0.0.1:1' });
    await expect(ask()).rejects.toMatchObject({ code: 'source_rejected', message: /does not open.*castellan connect wiki/u });
  });

  test.each([
    ['another source', { name: 'other' }],
    ['another connector', { connector: { name: 'wikis', operations: [] } }],
    ['another host', { hosts: ['evil.test'] }],
    ['another way to sign in', { signIn: { kind: 'token' } }],
    ['another client', { signIn: { kind: 'oauth', authorize: 'https://a.test', token: 'https://t.test', clientId: 'another' } }],
    [
      'another address for tokens',
      { signIn: { kind: 'oauth', authorize: 'https://a.test', token: 'https://x.test', clientId: 'c' } },
    ],
  ] as const)('does not open for %s', (_, other) => {
    const keeping = { keys: [randomBytes(32)] as const, random: (size: number) => randomBytes(size) };
    const row = rowOf(SOURCE, { version: 1, facts: FACTS, token: 'sesame' }, keeping);
    expect(keptIn(SOURCE, row, keeping)).toMatchObject({ token: 'sesame' });
    expect(() => keptIn({ ...SOURCE, ...other }, row, keeping)).toThrow(/does not open.*Run: castellan connect/u);
    expect(() => keptIn(SOURCE, { ...row, version: 2 }, keeping)).toThrow(/does not open/u);
  });

  test('that does not open is got anew where that takes no person', async () => {
    const provider = await aProvider();
    const { open, standing } = await aSignedInSource({ provider, settings: { by: 'client_credentials' } });
    expect(await open().ask()).toBe(200);
    expect(await open().ask()).toBe(200); // another process finds it
    expect(provider.given).toEqual(['client_credentials']);
    const moved = { provider: provider.url.replace('127.0.0.1', 'localhost') };
    expect(await standing(moved)).toMatchObject({ state: 'settings' });
    expect(await open(moved).ask()).toBe(200);
    expect(await standing(moved)).toMatchObject({ state: 'connected', scopes: ['read:pages', 'read:people'] });
    expect(provider.given).toEqual(['client_credentials', 'client_credentials']);
  });

  test('cannot be kept while another process holds the file: it is not lost, and kept the next time', async () => {
    const provider = await aProvider();
    const { connect, open, clock, folder } = await aSignedInSource({ provider, settings: OAUTH, accepts: isNext });
    await connect();
    const db = new SQLite(folder.ledger);
    onTestFinished(() => void db.close());
    let answered = 0;
    provider.broken = (response) => {
      answered += 1;
      if (answered === 1) db.exec('BEGIN IMMEDIATE');
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"next","refresh_token":"next"}');
    };
    clock.now += HOUR;
    const { ask } = open();
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    db.exec('ROLLBACK');
    expect(await ask()).toBe(200);
    expect(await open().ask()).toBe(200);
    expect(answered).toBe(1);
  });

  test('cannot be kept, and is sealed anew by another process meanwhile: it is not lost either', async () => {
    const provider = await aProvider();
    const [old = '', next = ''] = [1, 2].map(() => randomBytes(32).toString('base64'));
    const env: Record<string, string> = { CASTELLAN_KEY: `${old},${next}` };
    const { connect, open, clock, folder } = await aSignedInSource({ provider, settings: OAUTH, accepts: () => true, env });
    await connect();
    const db = new SQLite(folder.ledger);
    onTestFinished(() => void db.close());
    let answered = 0;
    provider.broken = (response) => {
      answered += 1;
      db.exec('BEGIN IMMEDIATE');
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"next","refresh_token":"next"}');
    };
    clock.now += HOUR;
    const { ask } = open();
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    db.exec('ROLLBACK');
    env['CASTELLAN_KEY'] = `${next},${old}`;
    clock.now -= HOUR;
    expect(await open().ask()).toBe(200);
    clock.now += HOUR;
    expect([await ask(), await open().ask(), answered]).toEqual([200, 200, 1]);
  });

  test.each([
    ['its facts', "facts = replace(facts, 'read:pages', 'all:pages')"],
    ['its version', 'version = version + 1'],
    ['its bytes', 'sealed = zeroblob(length(sealed))'],
    ['all of it', "sealed = x''"],
  ])('does not open once somebody changed %s', async (_, change) => {
    const { open, folder, standing, arrived } = await connected();
    const db = new SQLite(folder.ledger);
    db.exec(`UPDATE credential SET ${change}`);
    db.close();
    await expect(open().ask()).rejects.toMatchObject({ code: 'source_rejected', message: /does not open/u });
    expect(await standing()).toMatchObject({ state: 'unreadable' });
    expect(arrived).toEqual([]);
  });

  test('is nowhere in plain', async () => {
    const { open, clock, bytes, arrived } = await connected();
    const { ask } = open();
    await ask();
    clock.now += HOUR;
    await ask();
    const shown = arrived.map(({ headers }) => (headers['authorization'] ?? '').replace('Bearer ', ''));
    expect(shown).toHaveLength(2);
    const kept = await bytes();
    for (const token of shown) expect(kept.includes(Buffer.from(token))).toBe(false);
    expect(kept.includes('read:pages')).toBe(true); // the right files
  });
});

test('a key that is exchanged: the old one still opens, and what is used is sealed with the new', async () => {
  const provider = await aProvider();
  const [old, next] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
  const env: Record<string, string> = { CASTELLAN_KEY: old ?? '' };
  const { connect, open, standing } = await aSignedInSource({ provider, settings: OAUTH, env });
  await connect();
  env['CASTELLAN_KEY'] = `${next},${old}`;
  const both = open();
  expect(await both.ask()).toBe(200);
  await both.close();
  env['CASTELLAN_KEY'] = next ?? '';
  expect(await open().ask()).toBe(200);
  env['CASTELLAN_KEY'] = old ?? '';
  await expect(open().ask()).rejects.toThrow(/does not open/u);
  expect(await standing()).toMatchObject({ state: 'unreadable' });
  expect(provider.given).toEqual(['authorization_code']);
});

const isNext = (header: string | undefined): boolean => header === 'Bearer next';
