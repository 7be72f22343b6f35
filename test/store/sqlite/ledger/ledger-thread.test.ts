import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { expect, onTestFinished, test } from 'vitest';

import type { Ledger } from '../../../../src/store/ledger.ts';
import { openDatabase } from '../../../../src/store/sqlite/database.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { type LedgerThreadOptions, openLedgerThread } from '../../../../src/store/sqlite/ledger/ledger-thread.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../../../support/an-event.ts';
import type { Ailment } from './ailing.worker.ts';

const AILING = new URL('ailing.worker.ts', import.meta.url);
const MIGRATIONS = new URL('../../../../src/store/sqlite/ledger/', import.meta.url);

const aLedger = async (options: Partial<LedgerThreadOptions> = {}): Promise<{ ledger: Ledger; path: string }> => {
  const path = join(await aFolder(), 'ledger.db');
  const ledger = await openLedgerThread({ path, keys: ledgerKeys(), ...options });
  onTestFinished(() => ledger.close());
  return { ledger, path };
};

const ailing = (client: Ailment) => [anEvent({ client }), anEvent()];

/** A transaction of somebody else. */
const heldBy = (path: string) => {
  const other = openDatabase({ path, migrations: MIGRATIONS });
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  return other;
};

test('what was recorded is read back, checked and anchored', async () => {
  const { ledger } = await aLedger();
  expect(await ledger.anchor(0)).toBeUndefined();

  await ledger.append([anEvent(), anEvent({ request: 'r-2' })]);

  expect((await ledger.list(10)).map(({ request }) => request)).toEqual(['r-2', 'r-1']);
  expect((await ledger.list(10, 2)).map(({ seq }) => seq)).toEqual([1]);
  const line = await ledger.anchor(0);
  expect(await ledger.verify([line ?? ''])).toEqual({ state: 'proven', rows: 2, anchored: 2 });
});

test('it writes the very rows that a ledger in this thread writes and reads', async () => {
  const { ledger, path } = await aLedger();
  const here = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => here.close());

  await ledger.append([anEvent()]);
  await here.append([anEvent()]);
  await ledger.append([anEvent()]);

  expect(await here.verify()).toEqual({ state: 'consistent', rows: 3 });
  expect(await here.list(10)).toEqual(await ledger.list(10));
});

test('hostile arguments cross like any other, and what is no event is refused with those beside it', async () => {
  const { ledger } = await aLedger();
  const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));

  await ledger.append([anEvent({ arguments: deep }), anEvent({ arguments: ['\ud800', undefined] })]);
  await expect(ledger.append([anEvent(), anEvent({ arguments: 1n })])).rejects.toMatchObject({ code: 'unavailable' });

  expect((await ledger.list(10)).map((row) => row.arguments)).toEqual([
    ['\ud800', null],
    { unreadable: 'The input is nested deeper than 64 levels. Ask with less.' },
  ]);
});

test.each<[Ailment, number]>([
  ['dies before', 0],
  ['hangs', 0],
  ['finds no room', 0],
  ['dies after', 2],
])('a writer that %s lets nobody answer, and the next one goes on', async (ailment, over) => {
  const { ledger } = await aLedger({ worker: AILING, deadlineMs: ailment === 'hangs' ? 1500 : 15_000 });
  await ledger.append([anEvent()]);

  const events = [...ailing(ailment), ...Array.from({ length: 200 }, () => anEvent())];
  await expect(ledger.append(over > 0 ? ailing(ailment) : events)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1 + over });

  await ledger.append([anEvent()]);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 2 + over });
});

test('a chain that was changed while the writer was dead is not continued by the next one, nor signed', async () => {
  const { ledger, path } = await aLedger({ worker: AILING });
  await ledger.append([anEvent(), anEvent()]);
  await expect(ledger.append(ailing('dies before'))).rejects.toMatchObject({ code: 'unavailable' });
  const other = openDatabase({ path, migrations: MIGRATIONS });
  onTestFinished(() => void other.close());
  for (const trigger of other.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) {
    other.exec(`DROP TRIGGER ${trigger}`);
  }
  other.exec('DELETE FROM personal WHERE seq = 2; DELETE FROM audit WHERE seq = 2');

  const changed = { code: 'unavailable', message: expect.stringContaining('its row 2 is not the one that was written') };
  await expect(ledger.append([anEvent()])).rejects.toMatchObject(changed);
  await expect(ledger.anchor(0)).rejects.toMatchObject(changed);
});

test('while a commit waits for another process nothing else waits for it', async () => {
  const { ledger, path } = await aLedger();
  await ledger.list(1); // the reading thread is there
  const other = heldBy(path);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();

  const waiting = ledger.append([anEvent()]);
  expect(await ledger.list(1)).toEqual([]);
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('another process') });
  delay.disable();
  other.exec('ROLLBACK');

  expect(delay.max / 1e6).toBeLessThan(500); // it waited for 2 s
  await ledger.append([anEvent()]);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1 });
});

test('a file of something else is refused when it is opened', async () => {
  const path = join(await aFolder(), 'ledger.db');
  await writeFile(path, 'this is no database, but a text that is long enough to be looked at'.repeat(100), { mode: 0o600 });

  await expect(openLedgerThread({ path, keys: ledgerKeys() })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('The audit ledger'),
  });
});

test('a closed one records nothing', async () => {
  const { ledger } = await aLedger();
  await ledger.close();
  await expect(ledger.append([anEvent()])).rejects.toMatchObject({ code: 'unavailable' });
});
