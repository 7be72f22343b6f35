import { createHash, createHmac, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import { openKeys } from '../../../../src/store/keys.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';

// Everything above the tests is written from docs/security.md alone, and knows nothing of src.
const SECURITY = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'security.md'), 'utf8');

/** The lines of the page's test vector: a name, two spaces or more, and what belongs to it. */
const vector = new Map(
  (/### Test vector[\s\S]*?```text\n([\s\S]*?)```/u.exec(SECURITY)?.[1] ?? '')
    .split('\n')
    .flatMap((line) => (/^(.+?) {2,}(.+)$/u.exec(line)?.slice(1) ?? []).join('\n') || [])
    .map((line): [string, string] => [line.split('\n')[0] ?? '', line.split('\n')[1] ?? '']),
);
const given = (name: string): string => {
  const found = vector.get(name);
  if (found === undefined) throw new Error(`docs/security.md gives no ${name}`);
  return found;
};

const fromHex = (text: string): Buffer => Buffer.from(text, 'hex');
const sha256 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const derived = (info: string): Buffer => Buffer.from(hkdfSync('sha256', fromHex(given('key')), '', info, 32));
const commitment = (field: string, row: number): string => {
  const value = given(`${field} ${row}`);
  return createHmac('sha256', fromHex(given(`${field} ${row} salt`)))
    .update(`castellan audit 1 personal\0${field}\0${value}`)
    .digest('hex');
};
/** Canonical JSON of an object without objects inside. */
const flat = (members: Record<string, unknown>): string =>
  `{${Object.keys(members)
    .toSorted()
    .map((name) => `"${name}":${JSON.stringify(members[name])}`)
    .join(',')}}`;

test('the hashes of the test vector follow from its rows as the page says', () => {
  const genesis = sha256('castellan audit 1 genesis\0', fromHex(given('chain')));
  const first = sha256('castellan audit 1 row\0', fromHex(genesis), given('row 1'));
  const second = sha256('castellan audit 1 row\0', fromHex(first), given('row 2'));
  const third = sha256('castellan audit 1 row\0', fromHex(second), given('row 3'));

  expect([genesis, first, second, third]).toEqual(['hash 0', 'hash 1', 'hash 2', 'hash 3'].map(given));
});

test('the personal fields of the test vector are committed to as the page says', () => {
  expect(JSON.parse(given('row 1'))).toMatchObject({ who: commitment('who', 1), arguments: commitment('arguments', 1) });
  expect(JSON.parse(given('row 2'))).toMatchObject({
    who: commitment('who', 2),
    actor: commitment('actor', 2),
    arguments: commitment('arguments', 2),
  });
  expect(JSON.parse(given('row 3'))).toMatchObject({
    who: commitment('who', 3),
    email: commitment('email', 3),
    arguments: commitment('arguments', 3),
  });
});

test('the long arguments of the test vector are hashed as the page says', () => {
  const text = JSON.stringify({ id: 'x'.repeat(1100) });
  const hmac = createHmac('sha256', derived('castellan 1 audit-arguments')).update(text).digest('hex');

  expect(given('arguments 2')).toBe(flat({ length: text.length, hmac }));
});

test('the anchor of the test vector is signed as the page says', () => {
  const seed = derived('castellan 1 audit-anchor');
  const pkcs8 = Buffer.concat([fromHex('302e020100300506032b657004220420'), seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const anchor: Record<string, unknown> = JSON.parse(given('anchor'));
  const { signature, ...unsigned } = anchor;
  const signed = Buffer.from(`castellan audit 1 anchor\0${flat(unsigned)}`);

  expect(unsigned).toMatchObject({ v: 1, seq: 2, hash: given('hash 2'), chain: given('chain') });
  expect(unsigned['keys']).toEqual([Buffer.from(String(x), 'base64url').toString('hex')]);
  expect(sign(null, signed, key).toString('hex')).toBe(signature);
  expect(verify(null, signed, createPublicKey(key), fromHex(String(signature)))).toBe(true);
  expect(flat(anchor)).toBe(given('anchor'));
});

test('the ledger writes the bytes of the test vector', async () => {
  const path = join(await aFolder(), 'ledger.db');
  const keys = await openKeys({
    folder: { key: '/nowhere' },
    env: { CASTELLAN_KEY: given('key') },
    random: () => new Uint8Array(),
  });
  let calls = 0;
  const ledger = openLedger({ path, keys: keys.ledger, random: (size) => new Uint8Array(size).fill(++calls) });
  onTestFinished(() => ledger.close());

  await ledger.append([
    {
      at: 1_767_323_045_000,
      request: 'r-1',
      who: 'https://id.acme.test|ada',
      client: 'cli',
      tool: 'search',
      arguments: { query: 'café "plan"', limit: 10 },
      documents: [{ id: 'wiki:plan', content: 'ab'.repeat(32), acl: 7 }],
      basis: { version: 12, epoch: 3, databaseId: 'd-1' },
      outcome: 'answered',
    },
    {
      at: 1_767_323_046_000,
      request: 'r-2',
      who: 'https://id.acme.test|bob',
      actor: 'https://id.acme.test|root',
      client: 'cli',
      tool: 'fetch',
      arguments: { id: 'x'.repeat(1100) },
      documents: [],
      outcome: 'refused',
    },
  ]);

  expect(await ledger.anchor(1_767_323_047_000)).toBe(given('anchor'));
  await ledger.append([
    {
      at: 1_767_323_048_000,
      request: 'r-3',
      who: 'https://id.acme.test|ada',
      email: 'ada@acme.test',
      client: 'cli',
      tool: 'fetch',
      arguments: { id: 'wiki:plan' },
      documents: [{ id: 'wiki:plan', content: 'ab'.repeat(32), acl: 7, permissionsAt: 1_767_323_040_000 }],
      basis: { version: 13, epoch: 3, databaseId: 'd-1' },
      rules: 'cd'.repeat(32),
      outcome: 'answered',
    },
  ]);

  const db = new SQLite(path, { readonly: true });
  onTestFinished(() => void db.close());
  const column = (sql: string): unknown[] => db.prepare(sql).pluck().all();
  expect(column('SELECT lower(hex(id)) FROM chain')).toEqual([given('chain')]);
  expect(column('SELECT body FROM audit ORDER BY seq')).toEqual([given('row 1'), given('row 2'), given('row 3')]);
  expect(column('SELECT lower(hex(hash)) FROM audit ORDER BY seq')).toEqual([given('hash 1'), given('hash 2'), given('hash 3')]);
  const personal = ['arguments 1', 'who 1', 'actor 2', 'arguments 2', 'who 2', 'arguments 3', 'email 3', 'who 3'];
  expect(column('SELECT value FROM personal ORDER BY seq, field')).toEqual(personal.map(given));
  expect(column('SELECT lower(hex(salt)) FROM personal ORDER BY seq, field')).toEqual(
    personal.map((name) => given(`${name} salt`)),
  );
});
