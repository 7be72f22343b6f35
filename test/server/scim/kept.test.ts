import { setImmediate as turn } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type APushedApp, aPushedApp } from '../../support/a-pushed-app.ts';
import { anAccount, only } from '../../support/builders.ts';
import { aDocument } from '../../support/said-document.ts';
import { aGroup, aUser, filtered, patch } from '../../support/scim-messages.ts';

const HOUR = 3_600_000;
const BEGIN = Date.parse('2026-02-03T04:05:06Z');

let clock = BEGIN;
let app: APushedApp;
beforeEach(async () => {
  clock = BEGIN;
  app = await aPushedApp({ now: () => clock, patienceMs: 300 });
});
afterEach(() => app.remove());

const wiki = () =>
  app.index.sync('wiki', [
    { type: 'listing' },
    aDocument('all', only('everyone')),
    aDocument('eng', only('org:Engineering')),
    { type: 'complete' },
  ]);

describe('what was pushed', () => {
  test('is the account and the groups of the moment it is acknowledged', async () => {
    const ada = await app.make('/Users', aUser('ada', { displayName: 'Ada Brook' }));
    await app.make('/Groups', aGroup('Engineering', [ada, 'somebody-else']));
    expect(await app.index.store.history('people', 'account', ada)).toMatchObject([
      { at: BEGIN, new: { active: true, kind: 'member', emails: ['ada@acme.test'] } },
    ]);
    expect(await app.index.store.history('people', 'members', 'Engineering')).toMatchObject([
      { new: [`user:${ada}`, 'user:somebody-else'].toSorted() },
    ]);
  });

  test('stands for as long as somebody confirms it, and no longer', async () => {
    await wiki();
    await app.make('/Users', aUser('ada'));
    clock += 20 * HOUR;
    await wiki();
    expect(await app.search('ada')).toEqual(['wiki:all']);
    clock += 20 * HOUR;
    await wiki();
    expect(await app.search('ada')).toEqual([]);
    expect(await app.confirm()).toMatchObject({ status: 'complete', counts: { problems: 0 } });
    expect(await app.search('ada')).toEqual(['wiki:all']);
    clock += 30 * HOUR;
    await wiki();
    await app.make('/Users', aUser('bob')); // whoever pushes one says that the others still stand
    expect(await app.search('ada')).toEqual(['wiki:all']);
  });

  test('is not confirmed by reading it back', async () => {
    await wiki();
    await app.make('/Users', aUser('ada'));
    clock += 30 * HOUR;
    await wiki();
    await app.push('/Users');
    expect(await app.search('ada')).toEqual([]);
  });

  test('is in no part where the whole could not be written', async () => {
    const ada = await app.make('/Users', aUser('ada'));
    const before = await app.index.store.history('people', 'account', ada);
    const { status } = await app.push(
      `/Users/${ada}`,
      patch({ op: 'replace', path: 'active', value: false }, { op: 'replace', path: 'emails', value: [{ value: 'none' }] }),
    );
    expect(status).toBe(400);
    expect(await app.index.store.history('people', 'account', ada)).toEqual(before);
    expect((await app.push(`/Users/${ada}`)).body).toMatchObject({ active: true, meta: { version: 'W/"1"' } });
  });

  test('leaves one row in the audit each, with ids and no names', async () => {
    const ada = await app.make('/Users', aUser('ada'));
    await app.push(`/Users/${ada}`, patch({ op: 'replace', path: 'active', value: false }));
    await app.push(filtered('/Users', 'userName eq "ada@acme.test"'));
    await app.push('/Users', { method: 'POST', body: aUser('ada') });
    expect(
      app.index.audited.map(({ who, client, tool, arguments: given, outcome }) => ({ who, client, tool, given, outcome })),
    ).toEqual([
      {
        who: 'scim|people',
        client: 'scim',
        tool: 'scim',
        given: { method: 'POST', resource: 'Users', id: ada },
        outcome: 'answered',
      },
      {
        who: 'scim|people',
        client: 'scim',
        tool: 'scim',
        given: { method: 'PATCH', resource: 'Users', id: ada },
        outcome: 'answered',
      },
      { who: 'scim|people', client: 'scim', tool: 'scim', given: { method: 'GET', resource: 'Users' }, outcome: 'answered' },
      { who: 'scim|people', client: 'scim', tool: 'scim', given: { method: 'POST', resource: 'Users' }, outcome: 'conflict' },
    ]);
    expect(JSON.stringify(app.http.logged())).not.toContain('acme.test/scim');
    expect(app.http.logged()).toContainEqual(expect.objectContaining({ path: '/scim/v2', status: 201, code: 'answered' }));
  });
});

test.each([
  ['a slash behind it', (id: string) => `/Users/${id}/`],
  ['two slashes before it', (id: string) => `//Users//${id}`],
  ['letters in code', (id: string) => `/%55sers/${id.replace('-', '%2d')}`],
])('the audit says who was removed, also by a path with %s', async (_, path) => {
  const ada = await app.make('/Users', aUser('ada'));
  expect(await app.push(path(ada), { method: 'DELETE' })).toMatchObject({ status: 204 });
  expect(app.index.audited.at(-1)).toMatchObject({ arguments: { method: 'DELETE', resource: 'Users', id: ada } });
});

describe('while a run writes the directory', () => {
  test('a push waits for it, and is lost neither way', async () => {
    const run = await app.index.store.open('people', 'scim', clock);
    const pushed = app.push('/Users', { method: 'POST', body: aUser('ada') });
    for (let turns = 0; turns < 500; turns += 1) await turn(); // it has come as far as it can
    await run.write([{ type: 'unchanged' }]);
    await run.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, clock);
    expect((await pushed).status).toBe(201);
  });

  test('one that waited for too long is told to come again, and nothing of it was kept', async () => {
    const run = await app.index.store.open('people', 'scim', clock);
    const { status, headers } = await app.push('/Users', { method: 'POST', body: aUser('ada') });
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    await run.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, clock);
    expect((await app.push('/Users')).body['totalResults']).toBe(0);
    expect((await app.push('/Users', { method: 'POST', body: aUser('ada') })).status).toBe(201);
  });
});

describe('a source that another connector wrote before', () => {
  test('holds nobody of it once it is pushed to, and whoever was pushed comes back when it is pushed to again', async () => {
    await wiki();
    const ada = await app.make('/Users', aUser('ada'));
    await app.make('/Groups', aGroup('Engineering', [ada]));
    expect(await app.search('ada')).toEqual(['wiki:all', 'wiki:eng']);
    await app.index.sync('people', [
      { type: 'listing' },
      { type: 'account', account: anAccount({ id: 'bob', emails: ['bob@acme.test'] }) },
      { type: 'members', group: 'Engineering', members: ['user:bob'] },
      aDocument('left', only('public')),
      { type: 'complete' },
    ]);
    expect([await app.search('ada'), await app.search('bob')]).toEqual([[], ['people:left', 'wiki:all', 'wiki:eng']]);
    expect(await app.confirm()).toMatchObject({ status: 'partial' }); // nothing of that is confirmed
    await app.push(`/Users/${ada}`, patch({ op: 'replace', path: 'title', value: 'Engineer' }));
    expect([await app.search('ada'), await app.search('bob')]).toEqual([['wiki:all', 'wiki:eng'], []]);
  });
});

describe('a list', () => {
  test('is given page by page, each once', async () => {
    for (let at = 0; at < 7; at += 1) await app.make('/Users', aUser(`p${at}`));
    const seen: unknown[] = [];
    for (let start = 1; start <= 7; start += 3) {
      const { body } = await app.push(`/Users?startIndex=${start}&count=3&attributes=userName`);
      expect(body).toMatchObject({ totalResults: 7, startIndex: start });
      seen.push(...[body['Resources']].flat());
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, at) => expect.objectContaining({ userName: `p${at}@acme.test` })));
    expect((await app.push('/Users?count=0')).body).toMatchObject({ totalResults: 7, itemsPerPage: 0, Resources: [] });
    expect((await app.push('/Users?startIndex=0&count=1000')).body).toMatchObject({ startIndex: 1, itemsPerPage: 7 });
    expect((await app.push(`${filtered('/Users', 'active eq true')}&startIndex=6&count=5`)).body).toMatchObject({
      totalResults: 7,
      itemsPerPage: 2,
    });
  });
});
