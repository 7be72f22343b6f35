import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { Caller } from '../../src/core/caller.ts';
import { openViews } from '../../src/reader/views.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../support/a-folder.ts';
import { anIndex } from '../support/an-index.ts';
import { anEvent, ledgerKeys } from '../support/an-event.ts';
import { only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

const never = new AbortController().signal;
const ADA: Caller = { identity: person('ada'), client: 'test', scopes: ['read'] };

/** Takes a database away from under those who have it open. */
const takeAway = async (path: string): Promise<void> => {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(`${path}${suffix}`)) await rename(`${path}${suffix}`, `${path}.old${suffix}`);
  }
};

describe('an index that is replaced while it is in use', () => {
  test('answers nobody: what it let them see may have ended in the one that stands there now', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ acl: only('person:ada@acme.test') })]);
    const views = await openViews({ indexPath: index.path, rules: rulesFor('wiki'), now: () => 0 });
    onTestFinished(() => views.close());
    const ask = () => views.of(ADA).fetch('wiki:plan', never);
    expect((await ask()).found).toMatchObject({ document: { title: 'Plan' } });

    await takeAway(index.path);
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('Start Castellan again') });
    const other = await openStore({ path: index.path, now: () => 0 });
    onTestFinished(() => other.close());
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(views.check()).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('takes no more writes of those who had the old one open', async () => {
    const index = await anIndex();
    await takeAway(index.path);
    await expect(index.store.identify(person('ada'), 1)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a ledger that is taken away takes no more rows, so nothing more is shown', async () => {
  const path = join(await aFolder(), 'ledger.db');
  const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => ledger.close());
  await ledger.append([anEvent()]);
  await takeAway(path);
  await expect(ledger.append([anEvent()])).rejects.toMatchObject({ code: 'unavailable' });
});
