import { randomBytes } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { openDatabase } from '../../../../src/store/sqlite/database.ts';
import { ledgerOn, openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import type { Ledger } from '../../../../src/store/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../../../support/an-event.ts';

const aLedger = async (folder?: string): Promise<{ ledger: Ledger; path: string }> => {
  const path = join(folder ?? (await aFolder()), 'ledger.db');
  const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => ledger.close());
  return { ledger, path };
};

test('what was recorded is read back, newest first', async () => {
  const { ledger } = await aLedger();
  const { basis: _basis, ...refused } = anEvent({ request: 'r-2', actor: 'local|root', outcome: 'refused', documents: [] });

  await ledger.append([anEvent(), refused]);

  expect(await ledger.list(10)).toEqual([
    { ...refused, seq: 2, hash: expect.stringMatching(/^[0-9a-f]{64}$/u) },
    { ...anEvent(), seq: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/u) },
  ]);
  expect((await ledger.list(1)).map(({ seq }) => seq)).toEqual([2]);
  expect((await ledger.list(10, 2)).map(({ seq }) => seq)).toEqual([1]);
});

test('a row says of a document that its source let it through, and an older row says nothing of it', async () => {
  const { ledger } = await aLedger();
  const stored = { id: 'wiki:plan', content: 'c0ffee', acl: 7 };
  const live = { ...stored, decidedBy: 'live' } as const;

  await ledger.append([anEvent({ documents: [stored] }), anEvent({ documents: [live, stored] })]);

  expect((await ledger.list(10)).map(({ documents }) => documents)).toEqual([[live, stored], [stored]]);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 2 });
});

test('an empty chain is consistent, lists nothing and has nothing to anchor', async () => {
  const { ledger } = await aLedger();

  await ledger.append([]);

  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 0 });
  expect(await ledger.list(10)).toEqual([]);
  expect(await ledger.anchor(0)).toBeUndefined();
});

test('whoever records nothing hears whether the disk would take a row', async () => {
  const { ledger, path } = await aLedger();
  const written = async (): Promise<number> => (await stat(`${path}-wal`)).size;
  const before = await written();

  await ledger.append([]);

  expect(await written()).toBeGreaterThan(before);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 0 });
});

test('arguments of at most 1 kB are kept, longer ones only as length and keyed hash', async () => {
  const { ledger } = await aLedger();
  const fits = { query: 'x'.repeat(1024 - '{"query":""}'.length) };
  const tooLong = { query: `${fits.query}x` };

  await ledger.append([anEvent({ arguments: fits }), anEvent({ arguments: tooLong })]);

  const [long, short] = await ledger.list(2);
  expect(short?.arguments).toEqual(fits);
  expect(long?.arguments).toEqual({ length: 1025, hmac: expect.stringMatching(/^[0-9a-f]{64}$/u) });
});

test('arguments that look like a hash are told apart from a hash', async () => {
  const { ledger } = await aLedger();
  const lookalike = { length: 9, hmac: 'ab'.repeat(32) };

  await ledger.append([anEvent({ arguments: lookalike })]);

  const [row] = await ledger.list(1);
  expect(row?.arguments).toEqual(lookalike);
  expect(await ledger.verify()).toMatchObject({ state: 'consistent' });
});

test('hostile arguments and names are recorded in bounds, and do not harm the rows beside them', async () => {
  const { ledger } = await aLedger();
  const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
  const long = 'x'.repeat(100_000);

  await ledger.append([
    anEvent({ arguments: deep }),
    anEvent({ client: long, tool: long, request: long }),
    anEvent({ who: '\ud800', arguments: ['\udfff', '\u0000', undefined, Infinity] }),
  ]);

  const [odd, cut, nested] = await ledger.list(3);
  expect(nested?.arguments).toEqual({ unreadable: 'The input is nested deeper than 64 levels. Ask with less.' });
  expect(cut).toMatchObject({ client: 'x'.repeat(256), tool: 'x'.repeat(256), request: 'x'.repeat(256) });
  expect(odd).toMatchObject({ who: '\ud800', arguments: ['\udfff', '\u0000', null, null] });
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 3 });
});

test('a group that cannot be written is refused whole, and the chain goes on after it', async () => {
  const path = join(await aFolder(), 'ledger.db');
  const db = openDatabase({ path, migrations: new URL('../../../../src/store/sqlite/ledger/', import.meta.url) });
  const ledger = ledgerOn({ db, file: { path, name: 'audit ledger' }, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => ledger.close());
  await ledger.append([anEvent()]);
  db.pragma(`max_page_count = ${String(db.pragma('page_count', { simple: true }))}`);
  const tooMany = Array.from({ length: 200 }, () => anEvent());

  await expect(ledger.append(tooMany)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Check its disk and the space left on it'),
  });
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1 });

  db.pragma('max_page_count = 1000000');
  await ledger.append(tooMany);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 201 });
});

test('an event that is no event is refused as unavailable, and so are those beside it', async () => {
  const { ledger } = await aLedger();

  await expect(ledger.append([anEvent(), anEvent({ arguments: 1n })])).rejects.toMatchObject({ code: 'unavailable' });
  expect(await ledger.list(10)).toEqual([]);
});

test('a writer that another process holds up for too long refuses', async () => {
  const { ledger, path } = await aLedger();
  const other = openDatabase({ path, migrations: new URL('../../../../src/store/sqlite/ledger/', import.meta.url) });
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');

  await expect(ledger.append([anEvent()])).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('held by another process'),
  });
});

test('two writers on one chain follow each other', async () => {
  const folder = await aFolder();
  const { ledger: one } = await aLedger(folder);
  const { ledger: two } = await aLedger(folder);

  for (let round = 0; round < 5; round++) {
    await one.append([anEvent()]);
    await two.append([anEvent(), anEvent()]);
  }

  expect(await one.verify()).toEqual({ state: 'consistent', rows: 15 });
});

test('an index of something else is refused by name, with what to do', async () => {
  const path = join(await aFolder(), 'ledger.db');
  await writeFile(path, 'this is no database, but a text that is long enough to be looked at'.repeat(100), { mode: 0o600 });

  expect(() => openLedger({ path, keys: ledgerKeys(), random: randomBytes })).toThrow(
    expect.objectContaining({ code: 'unavailable', message: expect.stringMatching(/The audit ledger .* is damaged .*move it/u) }),
  );
});

test('a mistake of ours cannot change or delete a row', async () => {
  const { ledger, path } = await aLedger();
  await ledger.append([anEvent()]);
  const db = openDatabase({ path, migrations: new URL('../../../../src/store/sqlite/ledger/', import.meta.url) });
  onTestFinished(() => void db.close());

  expect(() => db.exec("UPDATE audit SET body = ''")).toThrow('only appended to');
  expect(() => db.exec('DELETE FROM audit')).toThrow('only appended to');
  expect(() => db.exec("UPDATE personal SET value = ''")).toThrow('only erased');
});
