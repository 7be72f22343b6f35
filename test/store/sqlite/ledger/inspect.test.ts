import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openKeys } from '../../../../src/store/keys.ts';
import { inspectLedger } from '../../../../src/store/sqlite/ledger/inspect.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { tamper } from '../../../support/tampering.ts';

const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);

const aChain = async (rows: number) => {
  const folder = await aFolder();
  const { ledger: keys } = await openKeys({ folder: { key: join(folder, 'key') }, env: {}, random });
  const path = join(folder, 'ledger.db');
  const ledger = openLedger({ path, keys, random });
  const event = { at: 1, request: 'r', who: 'ada', client: 'cli', tool: 'search', arguments: {}, documents: [] } as const;
  for (let row = 0; row < rows; row++) await ledger.append([{ ...event, outcome: 'answered' }]);
  await ledger.close();
  return { path, keys, anchors: [] };
};

test('a chain is verified without being written', async () => {
  expect(await inspectLedger(await aChain(2))).toEqual({ state: 'consistent', rows: 2 });
});

test('a very long chain is only counted', async () => {
  const chain = await aChain(2);
  tamper(chain.path, 'DELETE FROM personal');
  expect(await inspectLedger({ ...chain, rowsMax: 1 })).toEqual({ state: 'unread', rows: 2 });
});

test('a chain that was cut in the middle is broken', async () => {
  const chain = await aChain(3);
  tamper(chain.path, 'DELETE FROM audit WHERE seq = 2');
  expect(await inspectLedger(chain)).toMatchObject({ state: 'broken', at: 2 });
});

test('a chain that is not there is not made', async () => {
  const chain = await aChain(1);
  await expect(inspectLedger({ ...chain, path: `${chain.path}.gone` })).rejects.toThrow('cannot be opened');
});
