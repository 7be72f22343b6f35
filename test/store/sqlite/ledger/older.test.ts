import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import { recordedOf, rowOf } from '../../../../src/store/sqlite/ledger/row.ts';
import { genesisOf, rowHash } from '../../../../src/store/sqlite/ledger/chain.ts';
import { openLedger } from '../../../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from '../../../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../../../support/an-event.ts';
import { ROOT } from '../../../support/source-tree.ts';

/** A ledger as Castellan made it before the e-mail of a caller was recorded. */
const anOlderLedger = async (): Promise<string> => {
  const path = join(await aFolder(), 'ledger.db');
  closeSync(openSync(path, 'a', 0o600));
  const db = new SQLite(path);
  db.exec(readFileSync(join(ROOT, 'src/store/sqlite/ledger/001-audit.sql'), 'utf8'));
  const chain = randomBytes(16);
  db.prepare('INSERT INTO chain VALUES (1, ?)').run(chain);
  let hash = genesisOf(chain);
  for (const seq of [1, 2]) {
    const event = recordedOf(anEvent({ actor: 'local|root' }));
    const { body, personal } = rowOf(event, seq, { key: new Uint8Array(32), random: randomBytes });
    hash = rowHash(hash, Buffer.from(body));
    db.prepare('INSERT INTO audit VALUES (?, ?, ?)').run(seq, body, hash);
    const put = db.prepare('INSERT INTO personal VALUES (?, ?, ?, ?)');
    for (const { field, salt, value } of personal) put.run(seq, field, salt, value);
  }
  db.pragma('user_version = 1');
  db.close();
  return path;
};

test('a chain of before e-mails were recorded is read, verified and continued', async () => {
  const path = await anOlderLedger();
  const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  onTestFinished(() => ledger.close());

  await ledger.append([anEvent({ email: 'ada@acme.test', rules: 'cd'.repeat(32) })]);

  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 3 });
  expect(await ledger.list(3)).toMatchObject([{ email: 'ada@acme.test' }, { actor: 'local|root' }, { actor: 'local|root' }]);
  expect((await ledger.list(3)).flatMap(({ erased }) => erased ?? [])).toEqual([]);
});

test('what was moved to hold e-mails is only erased, never changed', async () => {
  const path = await anOlderLedger();
  await openLedger({ path, keys: ledgerKeys(), random: randomBytes }).close();
  const db = new SQLite(path);
  onTestFinished(() => void db.close());

  expect(() => db.exec(`UPDATE personal SET value = '"somebody else"'`)).toThrow('a personal field is only erased');
});
