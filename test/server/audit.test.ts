import { randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { openAudit, type OpenAudit } from '../../src/server/audit.ts';
import { readAnchors } from '../../src/store/anchor-file.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { aFolder } from '../support/a-folder.ts';
import { anEvent, ledgerKeys } from '../support/an-event.ts';

interface Opened {
  readonly audit: OpenAudit;
  readonly ledger: Ledger;
  readonly groups: number[];
  readonly warnings: string[];
  readonly path: string;
  readonly anchor: string;
  /** The disk stops until it is told to go on. */
  readonly stop: () => () => void;
}

interface Given {
  readonly every?: number;
  readonly anchor?: string;
  /** How long the disk takes for each commit, besides what it takes. */
  readonly commitMs?: number;
  readonly waitMs?: number;
}

/** As many turns of the event loop. */
const turns = async (count: number): Promise<void> => {
  for (let at = 0; at < count; at++) await turn();
};

/** An audit on a real ledger, which notes how many rows went into each commit. */
const anAudit = async ({ every = 100, anchor, commitMs = 0, waitMs }: Given = {}): Promise<Opened> => {
  const folder = await aFolder();
  const path = join(folder, 'ledger.db');
  const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
  const groups: number[] = [];
  const warnings: string[] = [];
  let disk: Promise<void> = Promise.resolve();
  const file = anchor ?? join(folder, 'anchor.jsonl');
  const audit = openAudit({
    ledger: {
      ...ledger,
      append: async (events) => {
        await disk;
        if (commitMs > 0) await setTimeout(commitMs);
        await ledger.append(events);
        groups.push(events.length);
      },
    },
    anchor: { path: file, every },
    now: () => 1_767_323_045_000,
    warn: (message) => warnings.push(message),
    ...(waitMs !== undefined && { waitMs }),
  });
  onTestFinished(() => ledger.close());
  const stop = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    disk = promise;
    return resolve;
  };
  return { audit, ledger, groups, warnings, path, anchor: file, stop };
};

test('an event is on the chain when its record resolves', async () => {
  const { audit, ledger } = await anAudit();

  await audit.record(anEvent());

  expect(await ledger.list(10)).toMatchObject([{ seq: 1, who: 'local|ada@acme.test' }]);
});

test('events that arrive together share a commit, in the order they came', async () => {
  const { audit, ledger, groups } = await anAudit();

  await Promise.all(Array.from({ length: 1201 }, (_, index) => audit.record(anEvent({ request: `r-${index}` }))));

  expect(groups).toEqual([500, 500, 201]);
  expect((await ledger.list(1000, 1001)).map(({ request }) => request).at(-1)).toBe('r-0');
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1201 });
});

test('of many that ask at once, a slow disk keeps none for long: they share commits', async () => {
  const { audit, ledger, groups } = await anAudit({ commitMs: 10 });

  await Promise.all(Array.from({ length: 500 }, () => audit.record(anEvent())));
  await Promise.all(Array.from({ length: 500 }, (_, at) => turns(at % 7).then(() => audit.record(anEvent()))));

  expect(groups.length).toBeLessThanOrEqual(1 + 7);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1000 });
});

test('who waits too long for a row is refused, and so is who waits behind; what was being written stays', async () => {
  const { audit, ledger, stop } = await anAudit();
  const go = stop();
  const refused = await Promise.allSettled([audit.record(anEvent()), turns(3).then(() => audit.record(anEvent()))]);
  go();
  await audit.record(anEvent({ request: 'r-3' }));

  const late = expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('within 2 s') });
  expect(refused.map((one) => ('reason' in one ? one.reason : one))).toEqual([late, late]);
  expect((await ledger.list(10)).map(({ request }) => request)).toEqual(['r-3', 'r-1']);
});

test('no row, no answer: when the ledger cannot be written every record is refused, and later ones work again', async () => {
  const { audit, ledger, path } = await anAudit();
  const other = openDatabase({ path, migrations: new URL('../../src/store/sqlite/ledger/', import.meta.url) });
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');

  const refused = await Promise.allSettled([audit.record(anEvent()), audit.record(anEvent())]);
  other.exec('ROLLBACK');
  await audit.record(anEvent());

  const unavailable = expect.objectContaining({ code: 'unavailable' });
  expect(refused).toEqual([
    { status: 'rejected', reason: unavailable },
    { status: 'rejected', reason: unavailable },
  ]);
  expect(await ledger.verify()).toEqual({ state: 'consistent', rows: 1 });
});

test('the chain is anchored every so many rows, and at the end', async () => {
  const { audit, ledger, anchor } = await anAudit({ every: 3 });

  for (let row = 0; row < 7; row++) await audit.record(anEvent());
  await audit.close();

  const lines = await readAnchors(anchor);
  expect(lines.map((line) => JSON.parse(line).seq)).toEqual([3, 6, 7]);
  expect((await stat(anchor)).mode & 0o777).toBe(0o600);
  expect(await ledger.verify(lines)).toEqual({ state: 'proven', rows: 7, anchored: 7 });
});

test('an audit that recorded nothing anchors nothing', async () => {
  const { audit, anchor } = await anAudit();

  await audit.close();

  expect(await readAnchors(anchor)).toEqual([]);
});

test('closing waits for what is being recorded, and then nothing can be', async () => {
  const { audit, ledger } = await anAudit();
  const recorded = audit.record(anEvent());

  await audit.close();

  await recorded;
  expect(await ledger.list(10)).toHaveLength(1);
  await expect(audit.record(anEvent())).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Castellan is stopping. Ask again when it runs.',
  });
});

test('more events than can wait are refused, and those that wait are recorded', async () => {
  const { audit, ledger } = await anAudit({ waitMs: 60_000 });

  const ended = await Promise.allSettled(Array.from({ length: 5001 }, () => audit.record(anEvent())));

  expect(ended.filter(({ status }) => status === 'rejected')).toEqual([
    { status: 'rejected', reason: expect.objectContaining({ code: 'unavailable' }) },
  ]);
  expect(await ledger.list(1)).toMatchObject([{ seq: 5000 }]);
});

test('an anchor that cannot be written stops no answer, but is not silent', async () => {
  const anchor = join(await aFolder(), 'missing', 'anchor.jsonl');
  const { audit, warnings } = await anAudit({ every: 2, anchor });

  for (let row = 0; row < 5; row++) await audit.record(anEvent());
  expect(warnings).toHaveLength(2);
  await mkdir(join(anchor, '..'));
  await audit.close();

  expect(warnings[0]).toBe(
    `The audit goes on, but its latest rows are not anchored. The anchor file ${anchor} cannot be written. Check its folder and disk.`,
  );
  expect(await readAnchors(anchor)).toHaveLength(1);
});

test('a line cut by a loss of power does not swallow the next', async () => {
  const { audit, ledger, anchor } = await anAudit();
  await audit.record(anEvent());
  await appendFile(anchor, '{"at":17673');
  await chmod(anchor, 0o600);

  await audit.close();

  expect((await readFile(anchor, 'utf8')).split('\n')).toHaveLength(3);
  expect(await ledger.verify(await readAnchors(anchor))).toEqual({ state: 'proven', rows: 1, anchored: 1 });
});
