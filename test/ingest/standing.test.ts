import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { aSync } from '../support/a-sync.ts';
import { anIndex } from '../support/an-index.ts';
import { aDocument } from '../support/builders.ts';

const DOCUMENTS: Change<number>[] = ['k0', 'k1'].map((key) => ({ type: 'document', document: aDocument({ key }) }));

test('of a run with problems that have names, what is said to stand by itself is confirmed, and nothing of one that lost something', async () => {
  const index = await anIndex();
  const at = (): unknown => {
    const { permissionsSyncedAt, syncedAt } = index.reader().read((reading) => reading.document('wiki', 'k1')) ?? {};
    return [permissionsSyncedAt, syncedAt];
  };
  const named: Change<number> = { type: 'problem', key: 'k0', error: new Error('x') };
  await aSync(index.store, DOCUMENTS);
  await aSync(index.store, [{ type: 'unchanged', only: 'permissions' }, named], { now: () => 1_000 });
  expect(at()).toEqual([1_000, 0]);
  await aSync(index.store, [named, { type: 'unchanged', only: 'contents' }], { now: () => 2_000 });
  expect(at()).toEqual([1_000, 2_000]);
  const nameless: Change<number> = { type: 'problem', error: new Error('x') };
  for (const only of ['permissions', 'contents'] as const) {
    await aSync(index.store, [{ type: 'unchanged', only }, nameless], { now: () => 3_000 });
  }
  expect(at()).toEqual([1_000, 2_000]);
});
