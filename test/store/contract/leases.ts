import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, test } from 'vitest';

import { document } from '../../support/new-document.ts';
import { COMPLETE, type MakePlace, stored } from './place.ts';

/** Who may write a source, and what becomes of a run whose process is gone. */
export const leaseContract = (makePlace: MakePlace): void => {
  test('a second run of a source is refused while the first one lives, and another source is not', async () => {
    const place = await makePlace();
    const store = await place.open();
    const other = await place.open();
    const writer = await store.open('wiki', 'jsonl', 1000);
    const refusal = {
      code: 'conflict',
      message: `"wiki" is being synced by process ${process.pid}. Wait for it, or end it, then run the command again.`,
    };
    await expect(store.open('wiki', 'jsonl', 1001)).rejects.toMatchObject(refusal);
    await expect(other.open('wiki', 'jsonl', 1001)).rejects.toMatchObject(refusal);
    await other.open('tickets', 'jsonl', 1001);
    await writer.finish(COMPLETE, 1002);
    await store.open('wiki', 'jsonl', 1003);
  });

  test('nothing is written after the end of a run', async () => {
    const store = await (await makePlace()).open();
    const writer = await store.open('wiki', 'jsonl', 1000);
    await writer.finish(COMPLETE, 1001);
    await expect(writer.write([document()])).rejects.toMatchObject({ code: 'conflict' });
    await expect(writer.finish(COMPLETE, 1002)).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.status(['wiki'])).toMatchObject([{ documents: 0, running: false }]);
  });

  test('the source of a process that was killed is free at once, and its run has failed', async () => {
    const place = await makePlace();
    const store = await place.open();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
    const killed = await place.open({ pid: child.pid ?? 0 });
    await (await killed.open('wiki', 'jsonl', 1000)).write([document({ key: 'a' })]);
    await expect(store.open('wiki', 'jsonl', 1001)).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.status(['wiki'])).toMatchObject([{ running: true }]);

    child.kill('SIGKILL');
    await once(child, 'exit');
    const failed = { status: 'failed', startedAt: 1000, counts: { problems: 1 } };
    expect(await store.status(['wiki'])).toMatchObject([{ running: false, lastRun: failed }]);
    expect(await store.latestRun('wiki')).toEqual({ startedAt: 1000, status: 'failed' });
    const writer = await store.open('wiki', 'jsonl', 2000);
    expect(await stored(writer, 'a')).toEqual(['a']);
    expect(await store.status(['wiki'])).toMatchObject([{ running: true, lastRun: { ...failed, endedAt: 2000 } }]);
  });

  test('a process that only has the id of the dead one does not hold its source, and the dead one writes no more', async () => {
    const place = await makePlace();
    const before = await place.open({ pid: process.pid, processStarted: 'in another life' });
    const old = await before.open('wiki', 'jsonl', 1000);
    const writer = await (await place.open()).open('wiki', 'jsonl', 2000);
    await expect(old.write([document({ key: 'late' })])).rejects.toMatchObject({ code: 'conflict' });
    await expect(old.finish(COMPLETE, 2001)).rejects.toMatchObject({ code: 'conflict' });
    expect(await stored(writer, 'late')).toEqual([]);
    await writer.finish(COMPLETE, 2002);
  });

  test('a run is remembered as it ended, with the first hundred of its problems', async () => {
    const store = await (await makePlace()).open();
    const writer = await store.open('wiki', 'jsonl', 1000);
    const problems = Array.from({ length: 130 }, (_, number) => ({ key: `k${number}`, message: 'unreadable' }));
    const counts = { read: 200, changed: 3, deleted: 1, problems: 130 };
    await writer.finish({ status: 'partial', counts, problems }, 1500);
    const lastRun = { status: 'partial', counts, problems: problems.slice(0, 100), startedAt: 1000, endedAt: 1500 } as const;
    expect(await store.status(['wiki', 'never synced'])).toMatchObject([
      { name: 'wiki', connector: 'jsonl', running: false, lastRun },
    ]);
  });
};
