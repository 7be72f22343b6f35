import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { Caller } from '../../src/core/caller.ts';
import type { ReadLive } from '../../src/core/live.ts';
import { openViews, type Views, type ViewsOptions } from '../../src/reader/views.ts';
import { anEmbedder } from '../support/an-embedder.ts';
import { aFolder } from '../support/a-folder.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

const never = new AbortController().signal;
const REQUEST = { query: 'spring', limit: 10, offset: 0 };

const PAGE = 4096;

/** In its place, as a disk would. */
const overwrite = async (path: string, bytes: Buffer): Promise<void> => {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, 0);
  await file.close();
};

const caller = (name: string): Caller => ({ identity: person(name), client: 'test', scopes: ['read'] });

const viewsOf = async ({ path }: AnIndex, given: Partial<ViewsOptions> = {}): Promise<Views> => {
  const views = await openViews({ indexPath: path, rules: rulesFor('wiki'), now: () => 0, ...given });
  onTestFinished(() => views.close());
  return views;
};

describe('views', () => {
  test('answer the same question to two people in two ways, from one thread', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'a', acl: only('person:ada@acme.test') }),
      document({ key: 'b', acl: only('person:bob@acme.test') }),
    ]);
    const views = await viewsOf(index);
    const [ada, bob] = await Promise.all([
      views.of(caller('ada')).search(REQUEST, never),
      views.of(caller('bob')).search(REQUEST, never),
    ]);
    expect(ada.hits.map(({ document: { id } }) => id)).toEqual(['wiki:a']);
    expect(bob.hits.map(({ document: { id } }) => id)).toEqual(['wiki:b']);
    expect(ada.basis).toEqual(bob.basis);
    expect(ada.basis.databaseId).toBe(index.store.databaseId);
  });

  test('fetch and list on the same index', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const view = (await viewsOf(index)).of(caller('ada'));
    expect((await view.fetch('wiki:plan', never)).found).toMatchObject({ document: { title: 'Plan' } });
    expect((await view.fetch('wiki:nope', never)).found).toBe('absent');
    expect((await view.sources(never)).sources.map(({ name }) => name)).toEqual(['wiki']);
  });

  test('see a commit from the next call on', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const view = (await viewsOf(index)).of(caller('ada'));
    expect((await view.search(REQUEST, never)).hits).toHaveLength(1);
    await index.sync('wiki', [{ type: 'acl', key: 'plan', acl: only('person:bob@acme.test') }]);
    expect((await view.search(REQUEST, never)).hits).toHaveLength(0);
    expect((await view.fetch('wiki:plan', never)).found).toBe('refused');
  });

  test('ask the clock at every call', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    let now = 0;
    const view = (await viewsOf(index, { now: () => now })).of(caller('ada'));
    expect((await view.search(REQUEST, never)).hits).toHaveLength(1);
    now = 24 * 3_600_000 + 1;
    expect((await view.search(REQUEST, never)).hits).toHaveLength(0);
  });

  test('give up a question whose asker has gone', async () => {
    const index = await anIndex();
    const view = (await viewsOf(index)).of(caller('ada'));
    await expect(view.search(REQUEST, AbortSignal.abort())).rejects.toMatchObject({ code: 'unavailable' });
    expect((await view.search(REQUEST, never)).hits).toEqual([]);
  });

  test('answer many who ask at once, each their own, from several threads', async () => {
    const index = await anIndex();
    const names = Array.from({ length: 12 }, (_, at) => `p${at}`);
    await index.sync(
      'wiki',
      names.map((name) => document({ key: name, acl: only(`person:${name}@acme.test`) })),
    );
    const views = await viewsOf(index, { threads: 3 });
    const asked = [...names, ...names, ...names];
    const found = await Promise.all(asked.map((name) => views.of(caller(name)).search(REQUEST, never)));
    expect(found.map(({ hits }) => hits.map(({ document: { id } }) => id))).toEqual(asked.map((name) => [`wiki:${name}`]));
  });

  test('understand a query by the model they are given, and say so where there is none', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const understood = (await viewsOf(index, { embedder: async () => anEmbedder() })).of(caller('ada'));
    expect((await understood.search(REQUEST, never)).degraded).toEqual([]);
    const broken = (await viewsOf(index, { embedder: () => Promise.reject(new Error('no')) })).of(caller('ada'));
    expect(await broken.search(REQUEST, never)).toMatchObject({ hits: [{}], degraded: ['semantic_unavailable'] });
    expect((await broken.fetch('wiki:plan', never)).found).toMatchObject({ passages: [{ semantic: 'pending' }] });
  });

  test('say nothing more of an index that one of their threads found damaged', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document()]);
    const views = await viewsOf(index, { threads: 2 });
    const ask = (name: string) => views.of(caller(name)).fetch('wiki:plan', never);
    await Promise.all([ask('ada'), ask('bob')]); // each in a thread of their own, which they keep
    await index.store.scrub(); // all of it is in the file now, and nothing in the log
    const whole = await readFile(index.path);
    await overwrite(index.path, Buffer.alloc(whole.length, 0xff).fill(whole.subarray(0, PAGE), 0, PAGE));

    const damaged = { code: 'unavailable', message: expect.stringContaining('damaged') };
    await expect(ask('ada')).rejects.toMatchObject(damaged);
    await overwrite(index.path, whole);
    await expect(ask('bob')).rejects.toMatchObject(damaged);
  });

  test('ask the source of what is past its promise, and decide once more in a thread', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ key: 'a' }), document({ key: 'b' }), document({ key: 'c' })]);
    const promised = { within: 1, onBreach: 'live' } as const;
    const rules = rulesFor(['wiki', { content: promised, permissions: promised }]);
    const asked: string[] = [];
    const readLive: ReadLive = async ({ id, key }) => {
      asked.push(key);
      const acl = only(key === 'b' ? 'person:bob@acme.test' : 'everyone');
      return { id, at: 7, ...(key !== 'c' && { says: { acl, labels: [], title: 'Plan', bodyHash: '' } }) };
    };
    const view = (await viewsOf(index, { rules, now: () => 9, readLive })).of(caller('ada'));
    const { hits, more } = await view.search(REQUEST, never);
    expect([hits.map(({ document: { id, decidedBy } }) => [id, decidedBy]), more]).toEqual([[['wiki:a', 'live']], false]);
    expect(asked).toEqual(['a', 'b', 'c']);
    expect((await view.fetch('wiki:a', never)).found).toMatchObject({ document: { permissionsSyncedAt: 7, syncedAt: 0 } });
    expect((await view.fetch('wiki:b', never)).found).toBe('refused');
    const without = (await viewsOf(index, { rules, now: () => 9 })).of(caller('ada'));
    expect((await without.fetch('wiki:a', never)).found).toBe('refused');
  });

  test('answer nothing after they are closed', async () => {
    const views = await viewsOf(await anIndex());
    await views.close();
    await expect(views.of(caller('ada')).sources(never)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('do not open without an index, and say what makes one', async () => {
    const path = join(await aFolder(), 'index.db');
    const opening = openViews({ indexPath: path, rules: rulesFor('wiki'), now: () => 0 });
    await expect(opening).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('castellan sync') });
  });
});
