import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import type { Identity } from '../../../src/core/caller.ts';
import { DEFAULT_FRESHNESS } from '../../../src/core/freshness.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { openStore } from '../../../src/store/sqlite/index-store.ts';
import { openReader } from '../../../src/store/sqlite/reader.ts';
import { aFolder } from '../../support/a-folder.ts';
import { ROOT } from '../../support/source-tree.ts';

const RULES: Rules = { ownedDomains: ['acme.test'], sources: new Map([['people', DEFAULT_FRESHNESS]]), directory: 'people' };
const LINK = (identity: string): string =>
  JSON.stringify({ identity, method: 'email', evidence: { email: 'her@acme.test' }, at: 1 });

/** An index as Castellan made it first: Ada's link ended when she left, Eve's stands again. Of neither an e-mail is left. */
const anOlderIndex = async (): Promise<string> => {
  const folder = await aFolder();
  const migrations = join(folder, 'first');
  mkdirSync(migrations);
  copyFileSync(join(ROOT, 'src/store/sqlite/index/001-index.sql'), join(migrations, '001-index.sql'));
  const path = join(folder, 'index.db');
  const db = openDatabase({ path, name: 'index', remedy: '', migrations: pathToFileURL(`${migrations}/`) });
  db.exec(`
    INSERT INTO source (id, name, connector, confirmed_at, listed) VALUES (1, 'people', 'test', 1, 1);
    INSERT INTO account (id, source, account, active, kind, tick, synced_at)
    VALUES (1, 1, 'ada', 0, 'member', 0, 1), (2, 1, 'eve', 1, 'member', 0, 1);
    INSERT INTO identity (id, issuer, subject, seen_at) VALUES (1, 'idp', 'ada', 1), (2, 'idp', 'eve', 1);
    INSERT INTO link (identity, account, method, evidence, at) VALUES (2, 2, 'email', '{"email":"her@acme.test"}', 1);
    UPDATE meta SET version = 5, epoch = 5;`);
  const tell = db.prepare('INSERT INTO history (version, at, source, subject, key, old, new) VALUES (?, 1, 1, ?, ?, ?, ?)');
  for (const who of ['ada', 'eve']) {
    tell.run(1, 'link', who, null, LINK(`idp|${who}`));
    tell.run(2, 'link', who, LINK(`idp|${who}`), null);
  }
  tell.run(3, 'link', 'eve', null, LINK('idp|eve'));
  db.close();
  return path;
};

test('whoever left the directory before it was remembered whose its accounts were is no stranger to it', async () => {
  const path = await anOlderIndex();
  await (await openStore({ path, now: () => 2 })).close();
  const reader = openReader(path);
  onTestFinished(() => reader.close());
  const stands = (subject: string): string => {
    const identity: Identity = { issuer: 'idp', subject };
    return reader.read((reading) => reading.facts('people', identity, RULES, 2).leaf('public').is);
  };

  expect([stands('ada'), stands('eve'), stands('sam')]).toEqual(['undecided', 'yes', 'yes']);
  expect(reader.read(({ basis }) => basis)).toMatchObject({ version: 6, epoch: 6 });
});
