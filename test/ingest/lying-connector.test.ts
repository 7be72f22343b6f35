import { expect, test } from 'vitest';
import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import { runSync, type SyncEnd } from '../../src/ingest/runner.ts';
import type { Store } from '../../src/store/store.ts';
import { aSync } from '../support/a-sync.ts';
import { anIndex } from '../support/an-index.ts';
import { aDocument, only } from '../support/builders.ts';

const told = (key: string, given: Partial<ReturnType<typeof aDocument>> = {}): Change<never> => ({
  type: 'document',
  document: aDocument({ key, ...given }),
});

const folder = (key: string): Change<never> => ({ type: 'container', key, title: key, acl: only('everyone') });

/** A run of a connector whose cursor is of any shape. */
const syncWithCursor = <Cursor>(store: Store, cursor: z.ZodType<Cursor>, sync: () => AsyncIterable<Change<Cursor>>) =>
  runSync({
    store,
    connector: { name: 'test', title: 'Test', settings: z.object({}), cursor, operations: [], hosts: () => [], sync },
    source: { name: 'wiki', settings: {}, folder: '/' },
    now: () => 0,
    signal: new AbortController().signal,
  });

const neverClosed = (): AsyncIterable<Change<number>> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(new Error('The wiki is down.')),
    return: () => {
      throw new Error('It is down.');
    },
  }),
});

const storedCursor = async (store: Store): Promise<unknown> => (await store.open('wiki', 'test', 0)).cursor;

test('a cursor that its connector goes on changing is stored as it was yielded', async () => {
  const { store } = await anIndex();
  const cursor = { page: 1 };
  await syncWithCursor(store, z.object({ page: z.number() }), async function* () {
    yield told('k0');
    yield { type: 'checkpoint', cursor };
    cursor.page = 2;
    throw new Error('page 2 cannot be read');
  });
  expect(await storedCursor(store)).toEqual({ page: 1 });
});

test.for([
  ['a date, which is text when it is read again', z.date(), new Date(0)],
  ['a number that JSON has not', z.bigint(), 1n],
  ['nothing', z.undefined(), undefined],
] as const)(
  'a cursor that does not survive being stored is a problem, and the one before stands: %s',
  async ([, schema, cursor]) => {
    const { store } = await anIndex();
    const end: SyncEnd = await syncWithCursor<unknown>(store, schema, async function* () {
      yield told('k0');
      yield { type: 'checkpoint', cursor };
    });
    expect(end).toMatchObject({ status: 'partial', counts: { read: 1, problems: 1 } });
    expect(await storedCursor(store)).toBeUndefined();
  },
);

test('a group whose last page never comes keeps its listing, is confirmed by nothing, and the run says so', async () => {
  const index = await anIndex();
  const account: Change<never> = { type: 'account', account: { id: 'a', emails: [], active: true, kind: 'member' } };
  await aSync(index.store, [account, { type: 'members', group: 'g', members: ['user:a'] }], { now: () => 1_000 });
  const page: Change<never> = { type: 'members', group: 'g', members: ['user:b'], more: true };
  const end = await aSync(index.store, [page, { type: 'unchanged' }], { now: () => 2_000 });
  expect(end).toMatchObject({ status: 'partial', problems: [{ message: expect.stringMatching(/the group g .* last page/u) }] });
  expect((await index.store.status(['wiki']))[0]?.oldestPermissions).toBe(1_000);
});

test('a whole listing with half a group is not whole', async () => {
  const { store } = await anIndex();
  await aSync(store, [{ type: 'listing' }, told('k0'), { type: 'complete' }]);
  const end = await aSync(store, [
    { type: 'listing' },
    { type: 'members', group: 'g', members: ['user:a'], more: true },
    { type: 'complete' },
  ]);
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0, problems: 1 } });
});

test('an abort is heard although the body that is asked for next never comes', async () => {
  const { store } = await anIndex();
  const abort = new AbortController();
  const first = async (): Promise<Uint8Array> => {
    abort.abort();
    return Buffer.from('first');
  };
  const end = await aSync(
    store,
    [
      told('k0', { body: { kind: 'bytes', mediaType: 'text/plain', read: first } }),
      told('k1', { body: { kind: 'bytes', mediaType: 'text/plain', read: () => new Promise<never>(() => undefined) } }),
    ],
    { signal: abort.signal },
  );
  expect(end.status).toBe('partial');
});

test('a stream that cannot even be closed ends its run as failed, not the command', async () => {
  const { store } = await anIndex();
  expect(await aSync(store, neverClosed)).toMatchObject({ status: 'failed', counts: { problems: 1 } });
});

test('a document that moved and cannot be read is not deleted with the place it left', async () => {
  const { store } = await anIndex();
  await aSync(store, [folder('left'), folder('entered'), told('k0', { parent: 'left' })]);
  const body = { kind: 'bytes' as const, mediaType: 'text/plain', read: () => Promise.reject(new Error('It is locked.')) };
  const end = await aSync(store, [told('k0', { parent: 'entered', body }), { type: 'delete', key: 'left' }]);
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0, problems: 1 } });
  const gone = await aSync(store, [{ type: 'delete', key: 'entered' }]);
  expect(gone.counts.deleted).toBe(1);
});
