import { expect, test } from 'vitest';
import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';

import type { Change } from '../../src/core/change.ts';
import type { Due } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { aSync } from '../support/a-sync.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { aDocument, anAccount, only } from '../support/builders.ts';

const PERMISSIONS: Due = { listing: false, permissions: true, content: false };
const CONTENT: Due = { listing: false, permissions: false, content: true };
const ADA: Change<number> = { type: 'account', account: anAccount() };
const TEAM: Change<number> = { type: 'members', group: 'team', members: ['user:ada'] };
const SPACE: Change<number> = { type: 'container', key: 'space', title: 'Space', acl: only('group:team') };
const told = (given: Partial<ReturnType<typeof aDocument>> = {}): Change<number> => ({
  type: 'document',
  document: aDocument({ key: 'plan', acl: only('audience:space'), revision: '1', ...given }),
});
const UNCHANGED: Change<number> = { type: 'unchanged' };
const ALL = [ADA, TEAM, SPACE, told()];

const at = (now: number, due?: Due) => ({ now: () => now, ...(due && { due }) });
const times = (index: AnIndex, key = 'plan') => {
  const found = index.reader().read((reading) => reading.document('wiki', key));
  return [found?.syncedAt, found?.permissionsSyncedAt];
};
const oldest = async (store: Store) => {
  const [status] = await store.status(['wiki']);
  return [status?.oldestContent, status?.oldestPermissions];
};

test('a run for permissions alone confirms no content, whatever it says', async () => {
  const index = await anIndex();
  await aSync(index.store, ALL, at(1_000));
  await aSync(index.store, ALL, at(2_000, PERMISSIONS));
  expect(times(index)).toEqual([1_000, 2_000]);
  expect(await oldest(index.store)).toEqual([1_000, 2_000]);
  await aSync(index.store, [UNCHANGED], at(3_000, PERMISSIONS));
  expect(times(index)).toEqual([1_000, 3_000]);
  expect(await oldest(index.store)).toEqual([1_000, 3_000]);
});

test('a run for contents alone confirms no permissions that come with them', async () => {
  const index = await anIndex();
  await aSync(index.store, ALL, at(1_000));
  await aSync(index.store, [SPACE, told()], at(2_000, CONTENT));
  expect(times(index)).toEqual([2_000, 1_000]);
  await aSync(index.store, [UNCHANGED], at(3_000, CONTENT));
  expect(times(index)).toEqual([3_000, 1_000]);
  expect(await oldest(index.store)).toEqual([3_000, 1_000]);
});

test('a run for permissions renews what it repeated, and leaves the rest to age', async () => {
  const { store } = await anIndex();
  await aSync(store, [...ALL, { type: 'account', account: anAccount({ id: 'bob' }) }], at(1_000));
  await aSync(store, [ADA, TEAM, SPACE, told()], at(2_000, PERMISSIONS)); // not bob
  expect(await oldest(store)).toEqual([1_000, 1_000]);
  await aSync(store, [{ type: 'account', account: anAccount({ id: 'bob' }) }], at(3_000, PERMISSIONS));
  expect(await oldest(store)).toEqual([1_000, 2_000]);
});

test('permissions that moved are those of now, in a run for contents too', async () => {
  const index = await anIndex();
  await aSync(index.store, ALL, at(1_000));
  await aSync(index.store, [told({ acl: only('user:ada') })], at(2_000, CONTENT));
  expect(times(index)).toEqual([2_000, 2_000]);
});

test('a run for permissions alone reads no body, and still moves permissions, labels and place', async () => {
  const index = await anIndex();
  await aSync(index.store, ALL, at(1_000));
  let reads = 0;
  const body = {
    kind: 'bytes',
    mediaType: 'text/plain',
    read: async () => {
      reads += 1;
      return new Uint8Array();
    },
  } as const;
  const moved = { body, title: 'Another title', revision: '2', acl: only('user:bob'), labels: ['restricted'], parent: 'space' };
  const end = await aSync(index.store, [told(moved), told({ ...moved, key: 'new' })], at(2_000, PERMISSIONS));
  expect([reads, end.status]).toEqual([0, 'complete']);
  const found = index.reader().read((reading) => reading.document('wiki', 'plan'));
  expect(found).toMatchObject({ title: 'Plan', revision: '1', labels: ['restricted'] });
  expect(found?.acl.value).toEqual(only('user:bob'));
  expect(times(index, 'new')).toEqual([undefined, undefined]);
});

test('no cursor moves past contents that a run for permissions did not bring', async () => {
  const { store } = await anIndex();
  const cursor = async (): Promise<unknown> => store.cursor('wiki');
  await aSync(store, [...ALL, { type: 'checkpoint', cursor: 1 }], at(1_000));
  await aSync(store, [told(), { type: 'checkpoint', cursor: 2 }], at(2_000, PERMISSIONS));
  expect(await cursor()).toBe(2); // as it is stored
  for (const passed of [told({ revision: '2' }), told({ key: 'new' })]) {
    await aSync(store, [passed, { type: 'checkpoint', cursor: 3 }], at(3_000, PERMISSIONS));
    expect(await cursor()).toBe(2);
  }
  await aSync(store, [told({ revision: '2' }), told({ key: 'new' }), { type: 'checkpoint', cursor: 3 }], at(4_000));
  expect(await cursor()).toBe(3);
});

const unread = (code: 'source_unavailable' | 'too_large'): Change<number> => {
  const read = () => Promise.reject(new AppError(code, 'No.'));
  return told({ revision: code, body: { kind: 'bytes', mediaType: 'text/plain', read } });
};

test('no cursor moves past contents that cannot be read now, and one does past those that never will be', async () => {
  const { store } = await anIndex();
  await aSync(store, [...ALL, { type: 'checkpoint', cursor: 1 }], at(1_000));
  await aSync(store, [unread('source_unavailable'), { type: 'checkpoint', cursor: 2 }], at(2_000));
  expect(await store.cursor('wiki')).toBe(1);
  await aSync(store, [unread('too_large'), { type: 'checkpoint', cursor: 3 }], at(3_000));
  expect(await store.cursor('wiki')).toBe(3);
});

test('each kind was last brought whole by a run that was to bring it and lost nothing', async () => {
  const { store } = await anIndex();
  const whole = async () => (await store.nextRun('wiki'))?.whole;
  const listed: Change<number>[] = [{ type: 'listing' }, ...ALL, { type: 'complete' }];
  await aSync(store, listed, at(1_000));
  expect(await whole()).toEqual({ listing: 1_000, permissions: 1_000, content: 1_000 });
  await aSync(store, ALL, at(2_000, PERMISSIONS));
  expect(await whole()).toEqual({ listing: 1_000, permissions: 2_000, content: 1_000 });
  await aSync(store, [told()], at(3_000, CONTENT));
  expect(await whole()).toEqual({ listing: 1_000, permissions: 2_000, content: 3_000 });
  await aSync(store, [{ type: 'problem', key: 'plan', error: new Error('locked') }], at(4_000));
  expect(await whole()).toMatchObject({ permissions: 4_000, content: 4_000 }); // but for what it names
  await aSync(store, [{ type: 'problem', error: new Error('a page is lost') }], at(5_000));
  expect(await whole()).toMatchObject({ permissions: 4_000, content: 4_000 });
});

const asking = (retryAt: number) => (): AsyncIterable<Change<number>> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(new AppError('source_rate_limited', 'It was asked too often.', { retryAt })),
  }),
});

test('when a source asked to be left alone is remembered, until it answers again, and not for ever', async () => {
  const { store } = await anIndex();
  const remembered = async () => (await store.nextRun('wiki'))?.retryAt;
  await aSync(store, asking(9_000), at(1_000));
  expect(await remembered()).toBe(9_000);
  await aSync(store, asking(Number.MAX_SAFE_INTEGER), at(1_000));
  expect(await remembered()).toBe(1_000 + 24 * 3_600_000);
  await aSync(store, ALL, at(9_000));
  expect(await remembered()).toBeUndefined();
});

test('after any runs nothing is confirmed later than a run that was to bring it', async () => {
  const DUES: readonly Due[] = [PERMISSIONS, CONTENT, { listing: false, permissions: true, content: true }];
  const SAYINGS: readonly Change<number>[][] = [ALL, [SPACE, told()], [told({ revision: '2' })], [UNCHANGED], [ADA, UNCHANGED]];
  const runs = array(record({ due: constantFrom(...DUES), says: constantFrom(...SAYINGS) }), { maxLength: 6 });
  await assert(
    asyncProperty(runs, async (given) => {
      const index = await anIndex();
      await aSync(index.store, ALL, at(1));
      let [content, permissions] = [1, 1];
      for (const [number, { due, says }] of given.entries()) {
        const now = number + 2;
        await aSync(index.store, says, at(now, due));
        if (due.content) content = now;
        if (due.permissions) permissions = now;
        const [synced = 0, permitted = 0] = times(index);
        expect(synced).toBeLessThanOrEqual(content);
        expect(permitted).toBeLessThanOrEqual(permissions);
      }
    }),
    { numRuns: 15 },
  );
});
