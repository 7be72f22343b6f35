import { expect, test } from 'vitest';

import type { Write } from '../../../src/store/store.ts';
import { anAccount, only } from '../../support/builders.ts';
import { confirmation, document } from '../../support/new-document.ts';
import { COMPLETE, folder, KILLED, LIMIT, type MakePlace, stored, sync } from './place.ts';

const many = (count: number): Write[] => Array.from({ length: count }, (_, number) => document({ key: `k${number}` }));

/** Only a listing that was opened and completed deletes what it did not see. */
export const listingContract = (makePlace: MakePlace): void => {
  const synced = async (batch: readonly Write[]) => {
    const place = await makePlace();
    const store = await place.open();
    await sync(store, batch);
    return { place, store };
  };

  test('a listing that was never opened deletes nothing', async () => {
    const { store } = await synced([document({ key: 'a' })]);
    const writer = await store.open('wiki', 'jsonl', 2000);
    await expect(writer.sweep(LIMIT)).rejects.toMatchObject({ code: 'invalid_input' });
    await writer.write([{ type: 'listing', of: 'space' }]);
    await expect(writer.sweep(LIMIT)).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await stored(writer, 'a')).toEqual(['a']);
  });

  test('a whole listing keeps what it read, saw or was told the permissions of, and deletes the rest', async () => {
    const keys = ['read', 'seen', 'told', 'gone'];
    const { store } = await synced([...keys.map((key) => document({ key })), folder('old folder')]);
    const writer = await store.open('wiki', 'jsonl', 2000);
    await writer.write([{ type: 'listing' }, confirmation({ key: 'read' }), { type: 'seen', key: 'seen' }]);
    await writer.write([{ type: 'acl', key: 'told', acl: only('everyone') }, document({ key: 'new' })]);
    expect(await writer.sweep(LIMIT)).toEqual({ deleted: 1 });
    expect(await stored(writer, ...keys, 'new')).toEqual(['read', 'seen', 'told', 'new']);
    expect(await store.history('wiki', 'container', 'old folder')).toHaveLength(2);
    expect(writer.listed).toBe(true);
    await expect(writer.sweep(LIMIT)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('a sweep of too much deletes nothing until it is accepted', async () => {
    const { store } = await synced([...many(100), { type: 'account', account: anAccount() }]);
    const writer = await store.open('wiki', 'jsonl', 2000);
    await writer.write([{ type: 'listing' }, ...many(79)]);
    expect(await writer.sweep(LIMIT)).toEqual({ deleted: 0, refused: { missing: 21, of: 100 } });
    expect(writer.listed).toBe(false);
    await expect(writer.sweep({ ...LIMIT, accept: true })).rejects.toMatchObject({ code: 'invalid_input' });
    await writer.finish({ ...COMPLETE, status: 'partial' }, 2001);
    expect(await store.status(['wiki'])).toMatchObject([{ documents: 100 }]);
    expect(await store.history('wiki', 'account', 'ada')).toHaveLength(1);

    const next = await store.open('wiki', 'jsonl', 3000);
    expect(next.listed).toBe(false);
    await next.write([{ type: 'listing' }, ...many(79)]);
    expect(await next.sweep({ ...LIMIT, accept: true })).toEqual({ deleted: 21 });
    expect(next.listed).toBe(true);
    await next.finish(COMPLETE, 3001);
    expect(await store.status(['wiki'])).toMatchObject([{ documents: 79 }]);
  });

  test('a few documents may always go, and so may a small share of many', async () => {
    const { store } = await synced(many(20));
    const writer = await store.open('wiki', 'jsonl', 2000);
    await writer.write([{ type: 'listing' }]);
    expect(await writer.sweep(LIMIT)).toEqual({ deleted: 20 });
    await writer.write([...many(200), { type: 'listing' }, ...many(160)]);
    expect(await writer.sweep(LIMIT)).toEqual({ deleted: 40 });
  });

  test('a sweep of more than one commit can hold takes all', async () => {
    const { store } = await synced(many(450));
    const writer = await store.open('wiki', 'jsonl', 2000);
    await writer.write([{ type: 'listing' }, { type: 'seen', key: 'k7' }]);
    expect(await writer.sweep({ ...LIMIT, accept: true })).toEqual({ deleted: 449 });
    expect(await stored(writer, 'k0', 'k7', 'k449')).toEqual(['k7']);
  });

  test('a listing of one container deletes in its subtree alone, and not the container', async () => {
    const { store } = await synced([
      folder('space'),
      folder('inner', 'space'),
      document({ key: 'kept', parent: 'inner' }),
      document({ key: 'gone', parent: 'inner' }),
      document({ key: 'outside' }),
      { type: 'account', account: anAccount() },
    ]);
    const writer = await store.open('wiki', 'jsonl', 2000);
    await writer.write([
      { type: 'listing', of: 'space' },
      { type: 'seen', key: 'kept' },
    ]);
    expect(await writer.sweep(LIMIT, 'space')).toEqual({ deleted: 1 });
    expect(await stored(writer, 'kept', 'gone', 'outside')).toEqual(['kept', 'outside']);
    expect(await store.history('wiki', 'container', 'space')).toHaveLength(1);
    expect(await store.history('wiki', 'account', 'ada')).toHaveLength(1);
  });

  test('a whole listing makes accounts it did not name inactive, and groups never listed', async () => {
    const { store } = await synced([
      { type: 'account', account: anAccount({ id: 'ada' }) },
      { type: 'account', account: anAccount({ id: 'bob' }) },
      { type: 'members', group: 'eng', members: ['user:ada', 'everyone'] },
      { type: 'members', group: 'ops', members: ['user:bob'] },
    ]);
    const writer = await store.open('wiki', 'jsonl', 2000);
    await writer.write([
      { type: 'listing' },
      { type: 'account', account: anAccount({ id: 'bob' }) },
      { type: 'members', group: 'ops', members: ['user:bob'] },
    ]);
    await writer.sweep(LIMIT);
    await writer.finish(COMPLETE, 2001);
    expect((await store.history('wiki', 'account', 'ada')).at(-1)).toMatchObject({ new: { active: false } });
    expect((await store.history('wiki', 'members', 'eng')).at(-1)).toMatchObject({
      old: ['everyone', 'user:ada'],
      new: undefined,
    });
    expect(await store.history('wiki', 'account', 'bob')).toHaveLength(1);
    expect(await store.history('wiki', 'members', 'ops')).toHaveLength(1);
    expect(await store.matches({ issuer: 'idp', subject: 'ada', email: 'ada@acme.test' })).toEqual([
      { source: 'wiki', account: 'ada', active: false, barred: false },
    ]);
  });

  test('a listing that was cut off goes on after its checkpoint and remembers what it had seen', async () => {
    const { place, store } = await synced(['a', 'b', 'c'].map((key) => document({ key })));
    const killed = await (await place.open(KILLED)).open('wiki', 'jsonl', 2000);
    await killed.write([{ type: 'listing' }, { type: 'seen', key: 'a' }, { type: 'checkpoint', cursor: 'after a' }]);
    const writer = await store.open('wiki', 'jsonl', 3000);
    expect(writer.cursor).toBe('after a');
    await writer.write([{ type: 'seen', key: 'b' }]);
    expect(await writer.sweep(LIMIT)).toEqual({ deleted: 1 });
    expect(await stored(writer, 'a', 'b', 'c')).toEqual(['a', 'b']);
  });

  test('a listing that was cut off before any checkpoint must be opened again', async () => {
    const { place, store } = await synced([document({ key: 'a' })]);
    const killed = await (await place.open(KILLED)).open('wiki', 'jsonl', 2000);
    await killed.write([{ type: 'listing' }]);
    const writer = await store.open('wiki', 'jsonl', 3000);
    await expect(writer.sweep(LIMIT)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('half a group is never taken for the whole, whenever the process dies', async () => {
    const { place, store } = await synced([{ type: 'members', group: 'eng', members: ['user:ada', 'user:bob'] }]);
    const killed = await (await place.open(KILLED)).open('wiki', 'jsonl', 2000);
    await killed.write([{ type: 'checkpoint', cursor: 'before the group' }]);
    await killed.write([
      { type: 'members', group: 'eng', members: ['user:ada'], more: true },
      { type: 'checkpoint', cursor: 'between its pages' },
    ]);
    expect(await store.history('wiki', 'members', 'eng')).toHaveLength(1);
    const writer = await store.open('wiki', 'jsonl', 3000);
    expect(writer.cursor).toBe('before the group');
    await writer.write([
      { type: 'members', group: 'eng', members: ['user:ada', 'user:ada'], more: true },
      { type: 'members', group: 'eng', members: ['user:bob', 'user:eve'] },
    ]);
    expect(await store.history('wiki', 'members', 'eng')).toMatchObject([{}, { old: [], new: ['user:eve'] }]);
  });
};
