import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { openDataFolder } from '../../src/store/data-folder.ts';
import { openKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import type { Write } from '../../src/store/store.ts';
import { aFolder } from './a-folder.ts';
import { inProcess } from './a-program.ts';
import { document } from './new-document.ts';

/** When a doctor comes. */
export const NOW = Date.UTC(2026, 4, 1, 12);
export const HOUR = 3_600_000;
export const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);

/** One source, without vectors. */
export const SOURCE = 'sources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\nembedding: { provider: none }\n';
/** A configuration with nothing wrong. */
export const CONFIG = `organisation: { name: Acme, domains: [acme.test] }\nserver: { listen: 127.0.0.1:0 }\n${SOURCE}`;
export const ADA: Write = { type: 'account', account: { id: 'ada', emails: ['ada@acme.test'], active: true, kind: 'member' } };
const OPEN: Write = document({ key: 'a', labels: ['public'] });

/** What is the matter. */
export interface Sick {
  readonly config?: string;
  readonly writes?: readonly Write[];
  readonly at?: number;
  readonly status?: 'complete' | 'partial' | 'failed';
  readonly rows?: number;
}

/** An installation that was synced once, an hour ago, and asked once. */
export const aPatient = async ({
  config = CONFIG,
  writes = [ADA, OPEN],
  at = NOW - HOUR / 2,
  status = 'complete',
  rows = 1,
}: Sick = {}) => {
  const folder = await aFolder();
  const data = join(folder, 'data');
  await writeFile(join(folder, 'castellan.yaml'), config);
  await writeFile(join(folder, 'wiki.jsonl'), '');
  const opened = await openDataFolder(data, { uid: process.getuid?.() });
  const store = await openStore({ path: opened.index, now: () => at });
  const writer = await store.open('wiki', 'jsonl', at);
  await writer.write(writes);
  const problems = status === 'complete' ? [] : [{ key: 'x', message: 'It is not valid UTF-8. Save it as UTF-8.' }];
  await writer.finish({ status, counts: { read: 1, changed: 1, deleted: 0, problems: problems.length }, problems }, at);
  await store.close();
  const keys = await openKeys({ folder: opened, env: {}, random });
  const ledger = openLedger({ path: opened.ledger, keys: keys.ledger, random });
  for (let row = 0; row < rows; row++) {
    await ledger.append([
      { at, request: 'r', who: 'ada', client: 'cli', tool: 'search', arguments: {}, documents: [], outcome: 'answered' },
    ]);
  }
  await ledger.close();
  return { folder, data, opened, ...doctorIn(folder) };
};

const report = z.strictObject({
  checks: z.array(
    z.strictObject({ name: z.string(), state: z.enum(['ok', 'warn', 'fail']), says: z.string(), remedy: z.string().optional() }),
  ),
});

/** The doctor, come to a folder. */
export const doctorIn = (folder: string) => {
  const place = ['--config', join(folder, 'castellan.yaml'), '--data', join(folder, 'data')];
  const run = async (argv: readonly string[] = []) => {
    const ended = await inProcess(['doctor', ...argv, ...place], { temporary: folder, now: () => NOW });
    return { code: ended.code, stdout: ended.stdout.replaceAll(folder, '/place'), stderr: ended.stderr };
  };
  return {
    run,
    /** The exit code, and what is not well. */
    found: async () => {
      const { code, stdout } = await run(['--json']);
      const bad = report.parse(JSON.parse(stdout)).checks.filter(({ state }) => state !== 'ok');
      return [code, ...bad.map(({ name, state, says, remedy = '' }) => `${state} ${name}: ${says} → ${remedy}`)];
    },
  };
};
