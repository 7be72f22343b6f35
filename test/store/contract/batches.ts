import { expect, test } from 'vitest';

import { aText, confirmation, document } from '../../support/new-document.ts';
import { only } from '../../support/builders.ts';
import { COMPLETE, folder, type MakePlace, stored, sync } from './place.ts';

/** What one batch does to documents and containers. */
export const batchContract = (makePlace: MakePlace): void => {
  const opened = async () => {
    const store = await (await makePlace()).open();
    return { store, writer: await store.open('wiki', 'jsonl', 1000) };
  };

  test('what was written is known by key, and what was not is absent', async () => {
    const { writer } = await opened();
    await writer.write([document({ key: 'a', title: 'A', revision: '7', bodyHash: 'ff' }), document({ key: 'b' })]);
    expect(await writer.known(['a', 'b', 'nowhere', ''])).toEqual(
      new Map([
        ['a', { title: 'A', revision: '7', bodyHash: 'ff', parser: 'plain@1' }],
        ['b', { title: 'Plan', parser: 'plain@1' }],
      ]),
    );
    expect(await writer.known([])).toEqual(new Map());
  });

  test('a batch that fails leaves nothing of itself, and the run goes on', async () => {
    const { writer, store } = await opened();
    await writer.write([{ type: 'members', group: 'eng', members: ['user:ada'], more: true }]);
    const lastPage = { type: 'members', group: 'eng', members: ['user:bob'] } as const;
    await expect(writer.write([document({ key: 'a' }), lastPage, confirmation({ key: 'never seen' })])).rejects.toThrow(
      /without its text/u,
    );
    expect(await stored(writer, 'a')).toEqual([]);
    expect(await store.history('wiki', 'members', 'eng')).toEqual([]);

    await writer.write([document({ key: 'a', acl: only('group:eng') }), lastPage]);
    expect(await stored(writer, 'a')).toEqual(['a']);
    expect(await store.history('wiki', 'members', 'eng')).toMatchObject([{ old: [], new: ['user:ada', 'user:bob'] }]);
  });

  test('only what differs counts as changed', async () => {
    const { writer } = await opened();
    const known = { key: 'a', title: 'A', labels: ['draft'], fields: { status: 'open' } };
    expect(await writer.write([document(known)])).toEqual({ changed: 1, deleted: 0 });
    expect(await writer.write([confirmation(known)])).toEqual({ changed: 0, deleted: 0 });
    expect(await writer.write([confirmation({ ...known, fields: { status: 'closed' } })])).toEqual({ changed: 1, deleted: 0 });
    expect(await writer.write([confirmation({ ...known, fields: { status: 'closed' }, parent: 'space' })])).toEqual({
      changed: 1,
      deleted: 0,
    });
    expect(await writer.write([{ type: 'acl', key: 'a', acl: only('everyone') }])).toEqual({ changed: 0, deleted: 0 });
    expect(await writer.write([{ type: 'acl', key: 'a', acl: only('user:ada') }])).toEqual({ changed: 1, deleted: 0 });
    expect(await writer.write([document({ ...known, title: 'B', text: aText('B', 'Other.') })])).toEqual({
      changed: 1,
      deleted: 0,
    });
    expect(await writer.write([])).toEqual({ changed: 0, deleted: 0 });
  });

  test('a permission, a sighting or a deletion of a key that is not stored does nothing', async () => {
    const { writer, store } = await opened();
    const written = await writer.write([
      { type: 'acl', key: 'nowhere', acl: only('public') },
      { type: 'seen', key: 'nowhere' },
      { type: 'delete', key: 'nowhere' },
    ]);
    expect(written).toEqual({ changed: 0, deleted: 0 });
    expect(await store.history('wiki', 'acl', 'nowhere')).toEqual([]);
  });

  test('a container takes the place of a document with its key, and a document that of a container', async () => {
    const { writer, store } = await opened();
    await writer.write([document({ key: 'x' })]);
    const converted = await writer.write([{ type: 'container', key: 'x', title: 'Folder', acl: only('group:eng') }]);
    expect(converted).toEqual({ changed: 0, deleted: 1 });
    expect(await stored(writer, 'x')).toEqual([]);
    expect(await store.status(['wiki'])).toMatchObject([{ documents: 0, chunks: 0, waitingForVectors: 0 }]);

    expect(await writer.write([document({ key: 'x' })])).toEqual({ changed: 1, deleted: 0 });
    expect(await stored(writer, 'x')).toEqual(['x']);
    expect(await store.history('wiki', 'container', 'x')).toMatchObject([
      { old: undefined, new: only('group:eng') },
      { old: only('group:eng'), new: undefined },
    ]);
    await expect(
      writer.write([{ type: 'container', key: 'x', title: 'Folder', acl: only('group:eng') }, confirmation({ key: 'x' })]),
    ).rejects.toThrow(/without its text/u);
  });

  test('a deletion takes all whose chain of parents holds the key, ends in a cycle, and keeps to its source', async () => {
    const { writer, store } = await opened();
    await writer.write([
      folder('a', 'c'),
      folder('b', 'a'),
      folder('c', 'b'),
      document({ key: 'in b', parent: 'b' }),
      document({ key: 'beside' }),
    ]);
    await sync(store, [document({ key: 'b' }), document({ key: 'in b', parent: 'b' })], { source: 'other' });

    expect(await writer.write([{ type: 'delete', key: 'b' }])).toEqual({ changed: 0, deleted: 1 });
    expect(await stored(writer, 'in b', 'beside')).toEqual(['beside']);
    expect(await store.status(['other'])).toMatchObject([{ documents: 2 }]);
  });

  test('a deletion takes the children of a container that is itself not stored', async () => {
    const { writer } = await opened();
    await writer.write([document({ key: 'orphan', parent: 'gone' })]);
    expect(await writer.write([{ type: 'delete', key: 'gone' }])).toEqual({ changed: 0, deleted: 1 });
  });

  test('what one run wrote the next one knows', async () => {
    const place = await makePlace();
    const first = await place.open();
    await sync(first, [document({ key: 'a', revision: '1' }), { type: 'checkpoint', cursor: { page: 3 } }]);
    await first.close();
    const second = await place.open();
    expect(second.databaseId).toBe(first.databaseId);
    const writer = await second.open('wiki', 'jsonl', 2000);
    expect(writer.cursor).toEqual({ page: 3 });
    expect(await stored(writer, 'a')).toEqual(['a']);
    await writer.finish(COMPLETE, 2001);
  });

  test('another connector reads every text again, whatever revision the one before gave it', async () => {
    const store = await (await makePlace()).open();
    await sync(store, [document({ key: 'a', revision: '1', bodyHash: 'f0' })]);
    await sync(store, [document({ key: 'a', revision: '1', bodyHash: 'f0' })], { source: 'tickets' });
    const writer = await store.open('wiki', 'files', 2000);
    expect((await writer.known(['a'])).get('a')).toEqual({ title: 'Plan', bodyHash: 'f0', parser: 'plain@1' });
    const other = await store.open('tickets', 'jsonl', 2000);
    expect((await other.known(['a'])).get('a')?.revision).toBe('1');
  });

  test('another connector begins without the cursor of the one before', async () => {
    const store = await (await makePlace()).open();
    await sync(store, [{ type: 'listing' }, { type: 'checkpoint', cursor: { page: 3 } }]);
    const writer = await store.open('wiki', 'files', 2000);
    expect(writer.cursor).toBeUndefined();
    await expect(writer.sweep({ ratio: 1, documents: 0, accept: true })).rejects.toMatchObject({ code: 'invalid_input' });
  });
};
