import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { Caller } from '../../src/core/caller.ts';
import { openViews, type Views, type ViewsOptions } from '../../src/reader/views.ts';
import { aFolder } from '../support/a-folder.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { only } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

const never = new AbortController().signal;
const REQUEST = { query: 'spring', limit: 10, offset: 0 };

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
