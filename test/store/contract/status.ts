import { expect, test } from 'vitest';

import { anAccount, except, only } from '../../support/builders.ts';
import { aText, document } from '../../support/new-document.ts';
import { COMPLETE, type MakePlace, sync } from './place.ts';

/** What an administrator is told of a source. */
export const statusContract = (makePlace: MakePlace): void => {
  test('documents nobody can see are counted by reason', async () => {
    const store = await (await makePlace()).open();
    await sync(store, [
      { type: 'members', group: 'listed', members: [] },
      { type: 'members', group: 'failed', members: { unknown: '403' } },
      document({ key: 'seen', text: aText('Plan', 'a', 'b') }),
      document({ key: 'unknown', acl: { unknown: 'no permission scope' } }),
      document({ key: 'org', acl: only('org:finance') }),
      document({ key: 'org or all', acl: only('org:finance', 'everyone') }),
      document({ key: 'never', acl: only('group:never') }),
      document({ key: 'failed', acl: only('group:failed', 'org:finance') }),
      document({ key: 'one of two', acl: only('group:never', 'group:listed') }),
      document({ key: 'nobody on purpose', acl: only() }),
      document({ key: 'denied', acl: except(['everyone'], ['user:mallory']) }),
      document({ key: 'denied by mail', acl: except(['everyone'], ['person:mallory@acme.test']) }),
      { type: 'container', key: 'dark folder', title: 'Dark', acl: { unknown: 'folders do not count' } },
    ]);
    expect(await store.status(['wiki'])).toMatchObject([
      {
        name: 'wiki',
        connector: 'jsonl',
        documents: 10,
        chunks: 11,
        waitingForVectors: 11,
        dark: { unknownAcl: 1, orgWithoutDirectory: 1, groupNeverListed: 2, containerAbsent: 0 },
        deniedByAccount: 1,
      },
    ]);
  });

  test('a group of the organisation is never listed where the directory does not list it', async () => {
    const store = await (await makePlace()).open();
    await sync(store, [
      document({ key: 'staff', acl: only('org:staff') }),
      document({ key: 'board', acl: only('org:board') }),
      { type: 'members', group: 'staff', members: [] },
    ]);
    expect(await store.status(['wiki'], 'wiki')).toMatchObject([{ dark: { orgWithoutDirectory: 0, groupNeverListed: 1 } }]);
    expect(await store.status(['wiki'], 'elsewhere')).toMatchObject([{ dark: { orgWithoutDirectory: 0, groupNeverListed: 2 } }]);
    expect(await store.status(['wiki'])).toMatchObject([{ dark: { orgWithoutDirectory: 2, groupNeverListed: 0 } }]);
  });

  test('a document that nobody can see because of a container it rests on is counted by what shuts that', async () => {
    const store = await (await makePlace()).open();
    await sync(store, [
      { type: 'container', key: 'shelf', title: 'Shelf', acl: only('group:never') },
      { type: 'container', key: 'box', title: 'Box', acl: only('audience:shelf') },
      { type: 'container', key: 'open', title: 'Open', acl: only('everyone') },
      document({ key: 'in the box', acl: only('audience:box') }),
      document({ key: 'in both', acl: only('audience:box', 'audience:open') }),
      document({ key: 'nowhere', acl: only('audience:gone') }),
    ]);
    expect(await store.status(['wiki'])).toMatchObject([
      { dark: { unknownAcl: 0, orgWithoutDirectory: 0, groupNeverListed: 1, containerAbsent: 1 } },
    ]);
  });

  test('the oldest confirmations are those of what is stored, and a group that fails ages whatever else is confirmed', async () => {
    const store = await (await makePlace()).open();
    await sync(store, [document({ key: 'old' }), { type: 'members', group: 'eng', members: [] }], { at: 1000 });
    await sync(
      store,
      [{ type: 'acl', key: 'old', acl: only('public') }, document({ key: 'new' }), { type: 'account', account: anAccount() }],
      { at: 2000 },
    );
    expect(await store.status(['wiki'])).toMatchObject([{ oldestContent: 1000, oldestPermissions: 1000 }]);
    await sync(store, [{ type: 'unchanged' }], { at: 3000 });
    expect(await store.status(['wiki'])).toMatchObject([{ oldestContent: 3000, oldestPermissions: 3000 }]);
    await sync(store, [{ type: 'members', group: 'eng', members: { unknown: '403' } }, { type: 'unchanged' }], { at: 4000 });
    expect(await store.status(['wiki'])).toMatchObject([{ oldestContent: 4000, oldestPermissions: 1000 }]);
  });

  test('a source that was never synced is absent, an empty one is empty', async () => {
    const store = await (await makePlace()).open();
    await sync(store, []);
    const [status, ...more] = await store.status(['never', 'wiki']);
    expect(more).toEqual([]);
    expect(status).toMatchObject({ name: 'wiki', documents: 0, dark: { unknownAcl: 0 }, running: false });
    expect(status).not.toHaveProperty('oldestPermissions');
  });

  test('the newest run is told with how it ended, and without while it is under way', async () => {
    const store = await (await makePlace()).open();
    expect(await store.latestRun('wiki')).toBeUndefined();
    await sync(store, [], { at: 1000 });
    expect(await store.latestRun('wiki')).toEqual({ startedAt: 1000, status: 'complete' });
    const writer = await store.open('wiki', 'jsonl', 2000);
    expect(await store.latestRun('wiki')).toEqual({ startedAt: 2000 });
    await writer.finish({ ...COMPLETE, status: 'partial' }, 2001);
    expect(await store.latestRun('wiki')).toEqual({ startedAt: 2000, status: 'partial' });
    expect(await store.latestRun('other')).toBeUndefined();
  });
};
