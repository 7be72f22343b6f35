import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import type { Ledger, LedgerKeys } from '../../../../src/store/ledger.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../../../support/an-event.ts';
import { rewriteAll, tamper } from '../../../support/tampering.ts';

const open = (path: string, keys: LedgerKeys = ledgerKeys()): Ledger => {
  const ledger = openLedger({ path, keys, random: randomBytes });
  onTestFinished(() => ledger.close());
  return ledger;
};

/** A ledger of so many rows, and what its head was after them. */
const aChain = async (rows: number): Promise<{ ledger: Ledger; path: string; anchor: string }> => {
  const path = join(await aFolder(), 'ledger.db');
  const ledger = open(path);
  await ledger.append(Array.from({ length: rows }, (_, index) => anEvent({ request: `r-${index + 1}` })));
  return { ledger, path, anchor: await anchorOf(ledger) };
};

const anchorOf = async (ledger: Ledger): Promise<string> => {
  const line = await ledger.anchor(1_767_323_045_999);
  if (line === undefined) throw new Error('Nothing to anchor');
  return line;
};

test('a whole chain is consistent, and proven up to its last anchor', async () => {
  const { ledger, anchor } = await aChain(1200);
  await ledger.append([anEvent()]);

  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1201 });
  expect(await ledger.verify([anchor])).toEqual({ state: 'proven', rows: 1201, anchored: 1200 });
});

test('a tail that was cut off is caught with the anchor, and not without', async () => {
  const { ledger, path, anchor } = await aChain(5);
  tamper(path, 'DELETE FROM personal WHERE seq > 3; DELETE FROM audit WHERE seq > 3');

  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 3 });
  expect(await ledger.verify([anchor])).toEqual({ state: 'broken', rows: 3, at: 4, why: 'rows 4 to 5 were cut off' });
});

test('rows that were all rewritten, hashes too, are caught with the anchor, and not without', async () => {
  const { ledger, path, anchor } = await aChain(5);
  rewriteAll(path);

  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 5 });
  expect(await ledger.verify([anchor])).toEqual({
    state: 'broken',
    rows: 4,
    at: 5,
    why: 'row 5 is not the one that was anchored',
  });
});

test('a ledger put in the place of another is caught with the anchor', async () => {
  const { anchor } = await aChain(5);
  const { ledger } = await aChain(5);

  expect(await ledger.verify([anchor])).toMatchObject({ at: 0, why: 'line 1 of the anchor file belongs to another ledger' });
});

test.each([
  ['one flipped byte of a body', `UPDATE audit SET body = replace(body, 'r-3', 'r-4') WHERE seq = 3`, 3, 'does not follow'],
  [
    'a byte that is no text',
    `UPDATE audit SET body = CAST(CAST(body AS BLOB) || x'ff' AS TEXT) WHERE seq = 3`,
    3,
    'does not follow',
  ],
  ['a changed hash', `UPDATE audit SET hash = zeroblob(32) WHERE seq = 2`, 2, 'does not follow'],
  ['another chain id', `UPDATE chain SET id = zeroblob(16)`, 1, 'does not follow'],
  ['a row that is gone', `DELETE FROM personal WHERE seq = 2; DELETE FROM audit WHERE seq = 2`, 2, 'is missing'],
  ['a first row that is gone', `DELETE FROM personal WHERE seq = 1; DELETE FROM audit WHERE seq = 1`, 1, 'is missing'],
  ['a row before the first', `INSERT INTO audit SELECT -1, body, hash FROM audit WHERE seq = 1`, 1, 'is missing'],
  [
    'two rows exchanged',
    `UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 9`,
    2,
    'does not follow',
  ],
  [
    'a changed personal value',
    `UPDATE personal SET value = '"local|eve"' WHERE seq = 4 AND field = 'who'`,
    4,
    'field who of row 4 was changed',
  ],
  [
    'a changed salt',
    `UPDATE personal SET salt = zeroblob(16) WHERE seq = 4 AND field = 'arguments'`,
    4,
    'field arguments of row 4 was changed',
  ],
  [
    'a personal value nobody committed to',
    `INSERT INTO personal VALUES (4, 'actor', zeroblob(16), '"x"')`,
    4,
    'field actor of row 4 was changed',
  ],
  ['a personal value of no row', `INSERT INTO personal VALUES (77, 'who', zeroblob(16), '"x"')`, 77, 'does not exist'],
])('%s is caught without an anchor', async (_name, sql, at, why) => {
  const { ledger, path } = await aChain(5);
  tamper(path, sql);

  expect(await ledger.verify()).toMatchObject({ state: 'broken', at, why: expect.stringContaining(why) });
});

test('a row that follows but is no row of the audit is caught', async () => {
  const { ledger, path } = await aChain(1);
  tamper(path, `UPDATE audit SET body = '{"seq":1,"seq":1}'`);
  rewriteAll(path);

  expect(await ledger.verify()).toMatchObject({ state: 'broken', at: 1, why: 'row 1 is not a row of the audit' });
  await expect(ledger.list(1)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('Row 1') });
});

test('erased personal fields keep the chain whole and proven', async () => {
  const { ledger, path, anchor } = await aChain(3);
  const db = new SQLite(path);
  db.exec(`DELETE FROM personal WHERE seq = 2 AND field = 'who'; DELETE FROM personal WHERE seq = 3`);
  db.close();

  expect(await ledger.verify([anchor])).toEqual({ state: 'proven', rows: 3, anchored: 3 });
  const [third, second] = await ledger.list(2);
  expect(second).toMatchObject({ arguments: { query: 'plan' } });
  expect(second).not.toHaveProperty('who');
  expect(third).not.toHaveProperty('arguments');
});

test('a process neither continues nor signs a chain that was changed underneath it', async () => {
  const { ledger, path } = await aChain(3);
  rewriteAll(path);

  await expect(ledger.append([anEvent()])).rejects.toMatchObject({ code: 'unavailable' });
  await expect(ledger.anchor(0)).rejects.toMatchObject({
    message: expect.stringContaining('row 3 is not the one that was written'),
  });
});

test.each([
  ['a forged signature', (line: string) => line.replace(/"signature":"../u, '"signature":"00'), 'a signature that does not fit'],
  ['another time', (line: string) => line.replace('45999', '45998'), 'a signature that does not fit'],
  ['something else', () => '{}', 'is not an anchor'],
  ['no JSON', () => 'anchor}', 'is not an anchor'],
  ['an unknown version', (line: string) => line.replace('"v":1', '"v":2'), 'is not an anchor'],
])('an anchor line with %s is caught', async (_name, spoil, why) => {
  const { ledger, anchor } = await aChain(2);

  expect(await ledger.verify([anchor, spoil(anchor)])).toEqual({
    state: 'broken',
    rows: 2,
    at: 0,
    why: expect.stringMatching(new RegExp(`^line 2 of the anchor file .*${why}`, 'u')),
  });
});

test('an anchor signed by a key that is not ours is caught', async () => {
  const { path } = await aChain(2);
  const mallory = open(path, ledgerKeys(66));
  const forged = await anchorOf(mallory);

  expect(await open(path).verify([forged])).toMatchObject({
    why: 'line 1 of the anchor file is signed by a key that is not ours',
  });
});

test('an anchor line cut by a loss of power says nothing', async () => {
  const { ledger, anchor } = await aChain(2);

  expect(await ledger.verify([anchor.slice(0, 100), anchor])).toEqual({ state: 'proven', rows: 2, anchored: 2 });
  expect(await ledger.verify([anchor.slice(0, 100)])).toEqual({ state: 'consistent', rows: 2 });
});

test('after a rotation the anchors of the old key still prove, once a line of the new key names it', async () => {
  const { path, anchor } = await aChain(2);
  const both: LedgerKeys = { ...ledgerKeys(2), anchor: [...ledgerKeys(2).anchor, ...ledgerKeys(1).anchor] };
  const during = open(path, both);
  expect(await during.verify([anchor])).toMatchObject({ state: 'proven', anchored: 2 });
  await during.append([anEvent()]);
  const handover = await anchorOf(during);

  const after = open(path, ledgerKeys(2));
  expect(await after.verify([anchor, handover])).toEqual({ state: 'proven', rows: 3, anchored: 3 });
  expect(await after.verify([anchor])).toMatchObject({ state: 'broken', why: expect.stringContaining('a key that is not ours') });
});

test('a line cannot make a key trusted that its signer does not have signed for', async () => {
  const { path, anchor } = await aChain(2);
  const mallory = await anchorOf(open(path, ledgerKeys(66)));
  const key = /"keys":\["([0-9a-f]{64})"/u.exec(mallory)?.[1] ?? '';
  const introduced = anchor.replace(/"keys":\["([0-9a-f]{64})"/u, `"keys":["$1","${key}"`);

  expect(await open(path).verify([mallory, introduced])).toMatchObject({ state: 'broken', at: 0 });
});
