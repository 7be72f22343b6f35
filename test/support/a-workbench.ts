import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Account } from '../../src/core/document.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { openKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { aFolder } from './a-folder.ts';
import { inProcess } from './a-program.ts';
import { anAccount } from './builders.ts';

/** When everything here happens. */
export const NOW = Date.UTC(2026, 4, 1, 12);
const SOURCES = '{ wiki: { connector: jsonl, path: ./wiki.jsonl }, files: { connector: jsonl, path: ./files.jsonl } }';
/** Two sources, of an organisation that owns acme.test. */
export const CONFIG = `organisation: { name: Acme, domains: [acme.test] }\nsources: ${SOURCES}\nembedding: { provider: none }\n`;
const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);

/** Two accounts with one e-mail, one that is clear, and some that are nobody's. */
export const TWINS = [
  anAccount({ name: 'Ada Lovelace' }),
  anAccount({ id: 'ada2', emails: ['ada@acme.test'] }),
  anAccount({ id: 'bob' }),
  anAccount({ id: 'eve', name: 'Eve \u001b[31m', emails: ['eve@other.test'] }),
  anAccount({ id: 'gone', active: false }),
  anAccount({ id: 'nil', emails: [] }),
];

/** A place whose wiki was read once and named these accounts. */
export const aWorkbench = async (accounts: readonly Account[] = TWINS, config = CONFIG) => {
  const folder = await aFolder();
  const place = { config: join(folder, 'castellan.yaml'), data: join(folder, 'data') };
  await writeFile(place.config, config);
  const data = await openDataFolder(place.data, { uid: process.getuid?.() });
  const store = await openStore({ path: data.index, now: () => NOW });
  onTestFinished(() => store.close());
  const writer = await store.open('wiki', 'jsonl', NOW);
  await writer.write(accounts.map((account) => ({ type: 'account', account })));
  await writer.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, NOW);
  return {
    place,
    data,
    store,
    run: async (...argv: readonly string[]) => {
      const where = ['--config', place.config, '--data', place.data];
      const ended = await inProcess(['identity', ...argv, ...where], { temporary: folder, now: () => NOW });
      const plain = (text: string): string => text.replaceAll(folder, '/place');
      return { code: ended.code, stdout: plain(ended.stdout), stderr: plain(ended.stderr) };
    },
    audited: async () => {
      const keys = await openKeys({ folder: data, env: {}, random });
      const ledger = openLedger({ path: data.ledger, keys: keys.ledger, random });
      onTestFinished(() => ledger.close());
      return ledger.list(9);
    },
  };
};

/** What every decision is given. */
export const WHY = ['--reason', 'she told me'];
