import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import type { Notice } from '../../src/core/notice.ts';
import { parseReply } from '../../src/core/reply.ts';
import { createDrift } from '../../src/ingest/drift.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { SourceDrift } from '../../src/store/source-drift.ts';
import type { Store } from '../../src/store/store.ts';
import { aFolder } from '../support/a-folder.ts';
import { aSync, type Says } from '../support/a-sync.ts';
import { aDocument } from '../support/builders.ts';

const DAY = 24 * 3_600_000;
const CANARY = 'canary-value';

const aStore = async (): Promise<Store> => {
  const store = await openStore({ path: join(await aFolder(), 'index.db'), now: () => 0 });
  onTestFinished(() => store.close());
  return store;
};

const driftOf = async (store: Store): Promise<SourceDrift> => {
  const [status] = await store.status(['wiki']);
  if (!status) throw new Error('the source is not there');
  return status.drift;
};

const told = ({ met }: SourceDrift): string[] => met.map(({ what, times }) => `${times} ${JSON.stringify(what)}`).toSorted();

const page = z.object({ id: z.string(), title: z.string() });

/** A source whose replies are these. */
const replying = (...replies: readonly unknown[]): Says =>
  async function* ({ notice }) {
    yield { type: 'listing' };
    for (const [at, reply] of replies.entries()) {
      try {
        const { id, title } = parseReply(page, reply, { call: 'GET /pages/*', notice });
        yield { type: 'document', document: aDocument({ key: id, title }) };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        yield { type: 'problem', key: `page-${at}`, error };
      }
    }
    yield { type: 'complete' };
  };

/** A source that ends by this. */
const failing = (error: Error): Says =>
  async function* () {
    yield { type: 'listing' };
    throw error;
  };

describe('what a run meets', () => {
  test('is counted and kept with it: fields nobody knows, and records that could not be understood by what moved', async () => {
    const store = await aStore();
    const end = await aSync(
      store,
      replying(
        { id: 'a', title: 'A', color: CANARY },
        { id: 'b', title: 'B', color: CANARY },
        { id: 'c', title: null },
        { id: 'd' },
      ),
    );
    expect(end).toMatchObject({ status: 'partial', counts: { problems: 2 } });
    const drift = await driftOf(store);
    expect(told(drift)).toEqual([
      '2 {"kind":"moved_field","call":"GET /pages/*","path":"title"}',
      '2 {"kind":"unknown_field","call":"GET /pages/*","path":"color"}',
    ]);
    expect(drift.more).toBe(0);
    expect(JSON.stringify(drift)).not.toContain(CANARY);
  });

  test('is nothing where a source is what it was', async () => {
    const store = await aStore();
    expect((await aSync(store, replying({ id: 'a', title: 'A' }))).drift).toBeUndefined();
    expect(await driftOf(store)).toEqual({ met: [], more: 0 });
  });

  test('is kept of a run that failed by it too, and no other failure is taken for it', async () => {
    const store = await aStore();
    await aSync(store, failing(new AppError('source_unavailable', 'Down.')));
    expect(await driftOf(store)).toEqual({ met: [], more: 0 });
    const moved = { call: 'GET /pages', path: '[].id' };
    await aSync(store, failing(new AppError('source_changed', 'It moved.', { moved })));
    expect(await driftOf(store)).toMatchObject({ met: [{ what: { kind: 'moved_field', ...moved }, times: 1, firstRun: 2 }] });
  });

  test('is a hundred different things at most, and how often there were others', async () => {
    const store = await aStore();
    const end = await aSync(store, async function* ({ notice }) {
      for (let at = 0; at < 250; at += 1) notice({ kind: 'unknown_field', call: 'GET /pages', path: `f${at}` });
      for (let at = 0; at < 3; at += 1) notice({ kind: 'unknown_field', call: 'GET /pages', path: 'f1' });
      yield { type: 'checkpoint', cursor: 1 };
    });
    expect(end.drift?.met).toHaveLength(100); // nor is more held while it runs
    const drift = await driftOf(store);
    expect(drift.met).toHaveLength(100);
    expect(drift.met[0]).toMatchObject({ what: { path: 'f1' }, times: 4 });
    expect(drift.more).toBe(150);
  });

  test('is one line each, and no longer than it must be', () => {
    const drift = createDrift();
    const long = `a\u001b[31m\n${'x'.repeat(10_000)}`;
    drift.notice({ kind: 'unknown_field', call: long, path: long });
    drift.notice({ kind: 'advice', message: long });
    drift.notice({ kind: 'sunset', call: 'GET /', at: new Date(Number.NaN), link: long });
    drift.problem(new AppError('source_changed', 'x', { moved: { call: long, path: long } }));
    const text = JSON.stringify(drift.counted());
    expect(text.length).toBeLessThan(4_000);
    expect(text).not.toMatch(/\\u001b|\\n/u);
    expect(drift.counted().met[2]?.what).not.toHaveProperty('at');
  });
});

describe('what the runs of a source met', () => {
  test('is summed up, since the first of them that did', async () => {
    const store = await aStore();
    for (const day of [0, 1, 2]) {
      await aSync(store, replying({ id: 'a', title: 'A', ...(day > 0 && { color: 'red' }) }), { now: () => day * DAY });
    }
    expect((await driftOf(store)).met).toEqual([
      {
        what: { kind: 'unknown_field', call: 'GET /pages/*', path: 'color' },
        times: 2,
        firstRun: 2,
        firstAt: DAY,
        lastAt: 2 * DAY,
      },
    ]);
  });

  test('is forgotten when no run of a week meets it any more', async () => {
    const store = await aStore();
    await aSync(store, replying({ id: 'a', title: 'A', color: 'red' }), { now: () => 0 });
    await aSync(store, replying({ id: 'a', title: 'A' }), { now: () => 7 * DAY });
    expect((await driftOf(store)).met).toHaveLength(1);
    await aSync(store, replying({ id: 'a', title: 'A' }), { now: () => 7 * DAY + 1 });
    expect((await driftOf(store)).met).toEqual([]);
  });

  test('holds what a call says of its end', async () => {
    const store = await aStore();
    const sunset: Notice = { kind: 'sunset', call: 'GET /pages', at: new Date(50 * DAY), link: 'https://app.test/end' };
    await aSync(store, async function* ({ notice }) {
      notice(sunset);
      notice(sunset);
      yield { type: 'checkpoint', cursor: 1 };
    });
    expect(told(await driftOf(store))).toEqual([
      `2 {"kind":"sunset","call":"GET /pages","at":${50 * DAY},"link":"https://app.test/end"}`,
    ]);
  });
});
