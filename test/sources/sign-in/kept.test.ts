import { randomBytes } from 'node:crypto';

import SQLite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';

import { openCredentials } from '../../../src/store/sqlite/ledger/credentials.ts';
import { aProvider } from '../../support/a-provider.ts';
import { aSignedInSource } from '../../support/a-signed-in-source.ts';

const HOUR = 3_600_000;
const OAUTH = { by: 'oauth' } as const;

/** A source that somebody has connected. */
const connected = async () => {
  const provider = await aProvider();
  const source = await aSignedInSource({ provider, settings: OAUTH });
  await source.connect();
  return { ...source, provider };
};

describe('what is kept', () => {
  test('opens for no other source, no other place and no other client', async () => {
    const { open, folder } = await connected();
    const { ask } = open({ provider: 'http://127.0.0.1:1' });
    await expect(ask()).rejects.toMatchObject({ code: 'source_rejected', message: /does not open.*castellan connect wiki/u });
    const credentials = openCredentials({ path: folder.ledger });
    const row = await credentials.find('wiki');
    if (row) await credentials.put({ ...row, source: 'other' });
    expect(await credentials.version('other')).toBe(row ? 1 : 0);
    await credentials.close();
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
