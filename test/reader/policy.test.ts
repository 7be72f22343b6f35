import { describe, expect, test } from 'vitest';

import type { Identity } from '../../src/core/caller.ts';
import { type ClientPolicy, NO_POLICY } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Reader } from '../../src/store/reader.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { asking, ids } from '../support/asking.ts';
import { anAccount, only } from '../support/builders.ts';
import { rulesFor } from '../support/looking.ts';
import { aText, document } from '../support/new-document.ts';

const rulesWith = (clients: Readonly<Record<string, Partial<ClientPolicy>>>, ...sources: readonly string[]): Rules => ({
  ...rulesFor(...sources),
  policies: {
    default: NO_POLICY,
    clients: new Map(Object.entries(clients).map(([client, policy]) => [client, { ...NO_POLICY, ...policy }])),
  },
});

const RULES = rulesWith({ labels: { denyLabels: ['Restricted'] }, wiki: { sources: ['wiki'] } }, 'wiki', 'desk');

const through = (index: AnIndex, client: string, reader: Reader = index.reader()) =>
  asking(index, { rules: RULES, client, reader });

/** Two documents that any client may carry, and one of a label and one of a source that some may not. */
const four = async (): Promise<AnIndex> => {
  const index = await anIndex();
  await index.sync('wiki', [
    document({ key: 'a' }),
    document({ key: 'b', labels: ['internal'] }),
    document({ key: 'secret', type: 'merger', fields: { price: 1 }, updatedAt: 99, labels: ['internal', 'restricted'] }),
  ]);
  await index.sync('desk', [document({ key: 'c' })]);
  return index;
};

describe('a client', () => {
  test('carries no document of a denied label', async () => {
    const { search, fetch, sources } = through(await four(), 'labels');
    expect(ids(await search('ada')).toSorted()).toEqual(['desk:c', 'wiki:a', 'wiki:b']);
    expect((await fetch('ada', 'wiki:secret')).found).toBe('refused');
    expect((await fetch('ada', 'wiki:b')).found).toMatchObject({ document: { id: 'wiki:b' } });
    expect((await sources('ada')).found).toMatchObject([
      { name: 'desk' },
      { name: 'wiki', types: ['page'], fields: [], updatedAt: 1 },
    ]);
  });

  test('carries nothing of a source that is not its own, asked for or not', async () => {
    const { search, fetch, sources } = through(await four(), 'wiki');
    expect(ids(await search('ada')).toSorted()).toEqual(['wiki:a', 'wiki:b', 'wiki:secret']);
    expect(ids(await search('ada', { sources: ['desk'] }))).toEqual([]);
    expect((await fetch('ada', 'desk:c')).found).toBe('refused');
    expect((await fetch('ada', 'desk:none')).found).toBe('absent');
    expect((await sources('ada')).found.map(({ name }) => name)).toEqual(['wiki']);
  });

  test('that is not named carries all that the person may see', async () => {
    const { search, fetch, sources } = through(await four(), 'other');
    expect(ids(await search('ada'))).toHaveLength(4);
    expect((await fetch('ada', 'wiki:secret')).found).toMatchObject({ document: { labels: ['internal', 'restricted'] } });
    expect((await sources('ada')).found).toMatchObject([{ name: 'desk' }, { name: 'wiki', types: ['merger', 'page'] }]);
  });

  test('widens nothing for anybody', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ acl: only('person:bob@acme.test') })]);
    for (const client of ['labels', 'wiki', 'other']) expect(ids(await through(index, client).search('ada'))).toEqual([]);
  });
});

test.each([
  ['another case', 'RESTRICTED'],
  ['spaces around it', ' restricted '],
  ['another Unicode form', 'ｒestricted'],
  ['a character nobody sees', 'restric\u200bted'],
])('a label with %s is the denied one, in search, fetch and list_sources', async (_, label) => {
  const index = await anIndex();
  await index.sync('wiki', [document({ key: 'a', labels: ['other', label] })]);
  const { search, fetch, sources } = through(index, 'labels');
  expect(ids(await search('ada'))).toEqual([]);
  expect((await fetch('ada', 'wiki:a')).found).toBe('refused');
  expect((await sources('ada')).found).toEqual([]);
});

test('two clients that deny different labels each keep to their own', async () => {
  const index = await anIndex();
  await index.sync('wiki', [document({ key: 'a', labels: ['red'] }), document({ key: 'b', labels: ['blue'] })]);
  const rules = rulesWith({ red: { denyLabels: ['red'] }, blue: { denyLabels: ['blue'] } }, 'wiki');
  const { through: client } = asking(index, { rules });
  for (let turn = 0; turn < 2; turn++) {
    expect(ids(await client('red').search('ada'))).toEqual(['wiki:b']);
    expect(ids(await client('blue').search('ada'))).toEqual(['wiki:a']);
    expect(ids(await client('other').search('ada'))).toEqual(['wiki:a', 'wiki:b']);
  }
});

test('one person through two clients, by turns, is answered each time as the client of that time may carry', async () => {
  const index = await four();
  const reader = index.reader();
  // What is kept of the person between questions must not carry a policy over.
  const both = asking(index, { rules: RULES, reader });
  for (let turn = 0; turn < 3; turn++) {
    for (const [client, shown] of [
      ['labels', 3],
      ['wiki', 3],
      ['other', 4],
    ] as const) {
      const { search, fetch, sources } = both.through(client);
      expect(ids(await search('ada'))).toHaveLength(shown);
      expect((await sources('ada')).found.map(({ name }) => name)).toEqual(client === 'wiki' ? ['wiki'] : ['desk', 'wiki']);
      expect(typeof (await fetch('ada', 'wiki:secret')).found).toBe(client === 'labels' ? 'string' : 'object');
    }
  }
});

/** A reader whose queries narrow nothing for any client. */
const blind = (reader: Reader): Reader => ({
  ...reader,
  read: (look) =>
    reader.read((reading) => {
      const all = { sources: RULES.sources, deniedLabels: [] };
      return look({
        ...reading,
        snapshot: (held, _, now, filter) => reading.snapshot(held, all, now, filter),
        visibleSources: (held, _, now) => reading.visibleSources(held, all, now),
      });
    }),
});

test('a query that forgets the policy shows no client what it may not carry', async () => {
  const index = await four();
  const wrong = (client: string) => through(index, client, blind(index.reader()));
  expect(ids(await wrong('labels').search('ada')).toSorted()).toEqual(['desk:c', 'wiki:a', 'wiki:b']);
  expect(ids(await wrong('wiki').search('ada'))).toHaveLength(3);
  expect((await wrong('labels').sources('ada')).found).toMatchObject([{ name: 'desk' }, { name: 'wiki', types: ['page'] }]);
  expect((await wrong('wiki').sources('ada')).found).toMatchObject([{ name: 'wiki' }]);
});

test('what a client may not carry moves nothing in how the rest is ranked', async () => {
  const shown = [
    document({ key: 'a', text: aText('Plan', 'We move in spring.') }),
    document({ key: 'b', text: aText('Plan', 'We move to harbour.') }),
    document({ key: 'c', text: aText('Plan', 'We stay at harbour.') }),
  ];
  const [plain, full] = [await anIndex(), await anIndex()];
  await plain.sync('wiki', shown);
  await full.sync('wiki', [
    ...Array.from({ length: 30 }, (_, at) => document({ key: `x${at}`, labels: ['restricted'] })),
    ...shown,
  ]);
  const request = { query: 'spring harbour', limit: 50 };
  const left = ids(await through(plain, 'labels').search('ada', request));
  expect(left).toEqual(['wiki:a', 'wiki:b', 'wiki:c']);
  expect(ids(await through(full, 'labels').search('ada', request))).toEqual(left);
  // With thirty more about spring, harbour is the rarer word.
  expect(ids(await through(full, 'other').search('ada', request)).indexOf('wiki:b')).toBe(0);
});

describe('a service', () => {
  const NIGHTLY: Identity = { issuer: 'local', subject: 'nightly' };
  const rules: Rules = {
    ...RULES,
    services: new Map([['local|nightly', { shared: ['domain:acme.test'], accounts: new Map([['wiki', ['bot']]]) }]]),
  };

  test('sees what is listed for it, whatever was stored of its identity', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      { type: 'account', account: anAccount({ id: 'bot', emails: [] }) },
      { type: 'account', account: anAccount({ id: 'ada' }) },
      { type: 'members', group: 'bots', members: ['user:bot'] },
      document({ key: 'group', acl: only('group:bots') }),
      document({ key: 'domain', acl: only('domain:acme.test') }),
      document({ key: 'public', acl: only('public') }),
      document({ key: 'all', acl: only('everyone') }),
      document({ key: 'linked', acl: only('user:ada') }),
      document({ key: 'hers', acl: only('person:ada@acme.test') }),
    ]);
    // It asked as a person once, before the configuration named it.
    await index.store.link(NIGHTLY, {
      source: 'wiki',
      account: 'ada',
      method: 'email',
      evidence: { email: 'ada@acme.test' },
      at: 0,
    });
    const { search, fetch } = asking(index, { rules });
    for (const identity of [NIGHTLY, { ...NIGHTLY, email: 'ada@acme.test' }]) {
      expect(ids(await search(identity)).toSorted()).toEqual(['wiki:domain', 'wiki:group', 'wiki:public']);
      for (const key of ['all', 'linked', 'hers']) expect((await fetch(identity, `wiki:${key}`)).found).toBe('refused');
    }
  });

  test('loses a group with its account', async () => {
    const index = await anIndex();
    await index.sync('wiki', [{ type: 'members', group: 'bots', members: ['user:bot'] }, document({ acl: only('group:bots') })]);
    const { search } = asking(index, { rules });
    expect(ids(await search(NIGHTLY))).toEqual([]);
    await index.sync('wiki', [{ type: 'account', account: anAccount({ id: 'bot' }) }]);
    expect(ids(await search(NIGHTLY))).toEqual(['wiki:plan']);
    await index.sync('wiki', [{ type: 'account', account: anAccount({ id: 'bot', active: false }) }]);
    expect(ids(await search(NIGHTLY))).toEqual([]);
  });

  test('that nobody listed sees what is public', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ key: 'all' }), document({ key: 'public', acl: only('public') })]);
    expect(ids(await asking(index, { rules }).search({ issuer: 'local', subject: 'stray' }))).toEqual(['wiki:public']);
  });
});
