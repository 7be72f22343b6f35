import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { ledgerKeys } from '../../../support/an-event.ts';

const CHILD = join(import.meta.dirname, '..', '..', '..', 'support', 'append-rows.ts');
const run = promisify(execFile);

test('processes that open and append to one ledger at once make one whole chain', async () => {
  const path = join(await aFolder(), 'ledger.db');

  await Promise.all(['one', 'two', 'three'].map((name) => run(process.execPath, [CHILD, path, name, '40'])));

  const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => ledger.close());
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 120 });
  const rows = await ledger.list(1000);
  const perClient = Map.groupBy(rows, ({ client }) => client);
  expect([...perClient.values()].map((of) => of.length)).toEqual([40, 40, 40]);
});
