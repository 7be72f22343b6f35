import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { AuditEvent } from '../src/core/audit.ts';
import { openAudit } from '../src/server/audit.ts';
import { openLedgerThread } from '../src/store/sqlite/ledger/ledger-thread.ts';
import { table } from './table.ts';

/** As slow as the commit of a disk that turns. */
const COMMIT_MS = 10;
const SECONDS = 3;
const CALLERS = 64;

/** How many audit rows a second reach a slow disk, one after the other and from many callers at once. */
export const groupCommits = async (folder: string): Promise<string> => {
  const path = join(folder, 'slow-ledger.db');
  const ledger = await openLedgerThread({
    path,
    keys: { arguments: randomBytes(32), reader: randomBytes(32), anchor: [randomBytes(32)] },
  });
  const audit = openAudit({
    ledger: {
      ...ledger,
      append: async (events) => {
        await pause(COMMIT_MS);
        await ledger.append(events);
      },
    },
    anchor: { path: join(folder, 'slow-anchor.jsonl'), every: 1_000_000 },
    now: Date.now,
    warn: (message) => void process.stderr.write(`${message}\n`),
  });
  const perSecond = async (callers: number): Promise<number> => {
    const until = performance.now() + SECONDS * 1000;
    let rows = 0;
    const caller = async (): Promise<void> => {
      for (; performance.now() < until; rows++) await audit.record(event());
    };
    await Promise.all(Array.from({ length: callers }, caller));
    return rows / SECONDS;
  };
  const single = await perSecond(1);
  const many = await perSecond(CALLERS);
  await audit.close();
  await ledger.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  const rows = [
    ['one after the other', single.toFixed(0), '1.0'],
    [`${CALLERS} callers at once`, many.toFixed(0), (many / single).toFixed(1)],
  ];
  return `audit rows with ${COMMIT_MS} ms added to each commit\n${table(['', 'rows/s', 'ratio'], rows)}`;
};

const event = (): AuditEvent => ({
  at: Date.now(),
  request: 'bench',
  who: 'local|ada@acme.test',
  client: 'bench',
  tool: 'search',
  arguments: { query: 'made up' },
  documents: [],
  outcome: 'answered',
});
