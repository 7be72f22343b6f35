import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Acl } from '../../../src/core/acl.ts';
import { DEFAULT_FRESHNESS } from '../../../src/core/freshness.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { openCensus } from '../../../src/store/sqlite/census.ts';
import type { Write } from '../../../src/store/store.ts';
import { aFolder } from '../../support/a-folder.ts';
import { anIndex } from '../../support/an-index.ts';
import { only } from '../../support/builders.ts';
import { document } from '../../support/new-document.ts';

const rules: Rules = { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) };
const person = (email: string) => ({ issuer: 'local', subject: email, email });
const account = (id: string, emails: readonly string[], given: { active?: boolean; kind?: 'guest' } = {}): Write => ({
  type: 'account',
  account: { id, emails, active: true, kind: 'member', ...given },
});

/** A census of an index that one run filled at 0. */
const counted = async (writes: readonly Write[], now = 0) => {
  const index = await anIndex();
  await index.sync('wiki', writes, now);
  const census = openCensus(index.path);
  return { ...index, census };
};

test('counts what each person may see, and what anybody asked about may see', async () => {
  const { census } = await counted([
    document({ key: 'a', acl: only('everyone') }),
    document({ key: 'b', acl: only('person:ada@acme.test') }),
    document({ key: 'c', acl: only('user:ada') }),
    document({ key: 'd', acl: { unknown: 'no reason' } }),
  ]);
  expect([
    census.shown(person('ada@acme.test'), rules, 0),
    census.shown(person('bob@acme.test'), rules, 0),
    census.shown(person('eve@other.test'), rules, 0),
    census.shownToAnybody(),
  ]).toEqual([2, 1, 0, 2]);
  census.close();
});

test('counts nothing for anybody once the promise of the source has run out', async () => {
  const { census } = await counted([document({ key: 'a', acl: only('everyone') })]);
  expect(census.shown(person('ada@acme.test'), rules, 25 * 3_600_000)).toBe(0);
  census.close();
});

test('counts each active account once, by why nobody can be told to be it', async () => {
  const { store, census } = await counted([
    account('ada', ['ada@acme.test']),
    account('bob', ['bob@acme.test', 'bob@other.test']),
    account('eve', ['eve@other.test']),
    account('gone', ['gone@acme.test'], { active: false }),
    account('may', ['may@acme.test']),
    account('may2', ['may@acme.test']),
    account('nil', []),
  ]);
  await store.identify(person('ada@acme.test'), 0);
  const link = { source: 'wiki', account: 'ada', method: 'email' as const, evidence: { email: 'ada@acme.test' }, at: 0 };
  await store.link(person('ada@acme.test'), link);
  expect(census.accounts('wiki', ['acme.test'])).toEqual({
    active: 6,
    linked: { accounts: 1, example: 'ada' },
    linkable: { accounts: 1, example: 'bob' },
    withoutEmail: { accounts: 1, example: 'nil' },
    foreign: { accounts: 1, example: 'eve' },
    shared: { accounts: 2, example: 'may' },
    refused: { accounts: 0 },
    second: { accounts: 0 },
    twoPeople: { accounts: 0 },
    claimed: { accounts: 0 },
  });
  expect(census.accounts('other', ['acme.test']).active).toBe(0);
  census.close();
});

test('names the e-mails of active accounts and of permissions, at most so many', async () => {
  const { census } = await counted([
    account('ada', ['ada@acme.test']),
    account('gus', ['gus@partner.test', 'ada@acme.test'], { kind: 'guest' }),
    account('gone', ['gone@acme.test'], { active: false }),
    document({ key: 'a', acl: only('person:zoe@acme.test', 'person:ada@acme.test') }),
  ]);
  const all = [
    { email: 'ada@acme.test', kind: 'member' },
    { email: 'gus@partner.test', kind: 'guest' },
    { email: 'zoe@acme.test' },
  ];
  expect(census.emails('wiki', 10)).toEqual(all);
  expect(census.emails('wiki', 1)).toEqual(all.slice(0, 1));
  census.close();
});

describe('what shuts documents', () => {
  test.each<[string, Acl, object]>([
    ['an unknown acl', { unknown: 'no reason' }, { unknown: ['no reason'] }],
    ['a group never listed', only('group:eng'), { groupsNeverListed: ['eng'] }],
    ['a group of a directory', only('org:sales'), { orgGroups: ['sales'] }],
    ['an absent container', only('audience:gone'), { absentContainers: ['gone'] }],
    ['nothing', only('everyone'), {}],
  ])('%s', async (_, acl, closed) => {
    const { census } = await counted([document({ key: 'a', acl })]);
    const none = { unknown: [], groupsNeverListed: [], orgGroups: [], absentContainers: [] };
    expect(census.closed('wiki')).toEqual({ ...none, ...closed });
    expect(census.closed('other')).toEqual(none);
    census.close();
  });

  test('is named of what is in force only', async () => {
    const { census, ...index } = await counted([document({ key: 'a', acl: only('group:eng') })]);
    await index.sync('wiki', [document({ key: 'a', acl: only('everyone') })]);
    expect(census.closed('wiki').groupsNeverListed).toEqual([]);
    census.close();
  });
});

test('knows the labels, and the latest instant of this machine', async () => {
  const { census } = await counted([document({ key: 'a', labels: ['b', 'a'] }), document({ key: 'b', labels: ['a'] })], 5);
  expect([census.labels(), census.latest()]).toEqual([['a', 'b'], 5]);
  census.close();
});

test('an index that is not there is not made, and one that is damaged is said to be', async () => {
  const path = join(await aFolder(), 'index.db');
  expect(() => openCensus(path)).toThrow('yet. Make it with: castellan sync');
  await writeFile(path, 'no database'.repeat(1000), { mode: 0o600 });
  expect(() => openCensus(path)).toThrow('is damaged');
});
