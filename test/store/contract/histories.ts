import { expect, test } from 'vitest';

import type { HistoryRow } from '../../../src/store/history-row.ts';
import { anAccount, except, only } from '../../support/builders.ts';
import { confirmation, document } from '../../support/new-document.ts';
import { COMPLETE, type MakePlace, sync } from './place.ts';

/** The value a fact had at an instant, from its history alone. */
const valueAt = (rows: readonly HistoryRow[], at: number): unknown => rows.findLast((row) => row.at <= at)?.new;

/** The members a group had at an instant, from its history alone; undefined: it was not listed whole. */
const membersAt = (rows: readonly HistoryRow[], at: number): string[] | undefined => {
  let members: Set<unknown> | undefined;
  for (const row of rows.filter((moved) => moved.at <= at)) {
    const whole = Array.isArray(row.old) && Array.isArray(row.new);
    members = whole ? (members ?? new Set()).difference(new Set(row.old)).union(new Set(row.new)) : undefined;
  }
  return members && [...members].map(String).toSorted();
};

/** Every permission fact that moved can be read back as it was. */
export const historyContract = (makePlace: MakePlace): void => {
  test('history alone gives an acl as it was before a move and before a revocation', async () => {
    let clock = 1000;
    const store = await (await makePlace()).open({ now: () => clock });
    const inDrafts = only('audience:drafts');
    const inPublished = except(['audience:published', 'group:eng'], ['person:mallory@rival.test']);
    await sync(store, [document({ key: 'plan', parent: 'drafts', acl: inDrafts })]);
    clock = 2000;
    await sync(store, [confirmation({ key: 'plan', parent: 'published', acl: inPublished })]);
    clock = 3000;
    await sync(store, [{ type: 'acl', key: 'plan', acl: { unknown: '403 from the source' } }]);
    clock = 4000;
    await sync(store, [{ type: 'delete', key: 'plan' }]);

    const rows = await store.history('wiki', 'acl', 'plan');
    expect([500, 1500, 2500, 3500, 4500].map((at) => valueAt(rows, at))).toEqual([
      undefined,
      inDrafts,
      inPublished,
      { unknown: '403 from the source' },
      undefined,
    ]);
    expect(rows.map(({ version }) => version)).toEqual(rows.map(({ version }) => version).toSorted((a, b) => a - b));
    expect(new Set(rows.map(({ run }) => run)).size).toBe(4);
  });

  test('history alone gives a group as it was before a member was taken out and before it was unlisted', async () => {
    let clock = 1000;
    const store = await (await makePlace()).open({ now: () => clock });
    await sync(store, [{ type: 'members', group: 'eng', members: ['user:ada', 'group:platform'] }]);
    clock = 2000;
    await sync(store, [{ type: 'members', group: 'eng', members: ['group:platform', 'person:eve@acme.test'] }]);
    clock = 3000;
    await sync(store, [{ type: 'members', group: 'eng', members: { unknown: '403' } }]);
    clock = 4000;
    const writer = await store.open('wiki', 'jsonl', 4000);
    await writer.write([{ type: 'listing' }]);
    await writer.sweep({ ratio: 0, documents: 0, accept: false });
    await writer.finish(COMPLETE, 4001);

    const rows = await store.history('wiki', 'members', 'eng');
    expect([500, 1500, 2500, 3500, 4500].map((at) => membersAt(rows, at))).toEqual([
      undefined,
      ['group:platform', 'user:ada'],
      ['group:platform', 'person:eve@acme.test'],
      ['group:platform', 'person:eve@acme.test'],
      undefined,
    ]);
  });

  test('what is only confirmed leaves no trace in history', async () => {
    const store = await (await makePlace()).open();
    const same = [
      { type: 'account', account: anAccount({ name: 'Ada' }) },
      { type: 'members', group: 'eng', members: ['user:ada'] },
      { type: 'container', key: 'space', title: 'Space', acl: only('group:eng') },
      document({ key: 'plan', acl: only('audience:space') }),
    ] as const;
    await sync(store, same, { at: 1000 });
    await sync(store, [...same, { type: 'account', account: anAccount({ name: 'Ada L.' }) }], { at: 2000 });
    expect(await store.history('wiki', 'account', 'ada')).toMatchObject([
      { old: undefined, new: { active: true, kind: 'member', emails: ['ada@acme.test'] } },
    ]);
    expect(await store.history('wiki', 'members', 'eng')).toHaveLength(1);
    expect(await store.history('wiki', 'container', 'space')).toHaveLength(1);
    expect(await store.history('wiki', 'acl', 'plan')).toHaveLength(1);
    expect(await store.history('other', 'acl', 'plan')).toEqual([]);
  });

  test('an empty group is listed, which is not the same as never', async () => {
    const store = await (await makePlace()).open({ now: () => 1000 });
    await sync(store, [
      { type: 'members', group: 'empty', members: [] },
      { type: 'members', group: 'never', members: { unknown: '403' } },
    ]);
    expect(membersAt(await store.history('wiki', 'members', 'empty'), 1000)).toEqual([]);
    expect(membersAt(await store.history('wiki', 'members', 'never'), 1000)).toBeUndefined();
  });
};
