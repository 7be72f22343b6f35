import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { only } from '../../support/builders.ts';
import { type APushedApp, aPushedApp, PUSH_TOKEN } from '../../support/a-pushed-app.ts';
import { aDocument } from '../../support/said-document.ts';
import { aGroup, aUser, ENTERPRISE, filtered, patch, USER } from '../../support/scim-messages.ts';

let app: APushedApp;
beforeEach(async () => {
  app = await aPushedApp();
  await app.index.sync('wiki', [
    { type: 'listing' },
    aDocument('all', only('everyone')),
    aDocument('public', only('public')),
    aDocument('eng', only('org:Engineering')),
    aDocument('sales', only('org:Sales')),
    { type: 'complete' },
  ]);
});
afterEach(() => app.remove());

describe('a person', () => {
  test('is made, read back as they were sent, and found whatever the case', async () => {
    const made = await app.push('/Users', {
      method: 'POST',
      body: aUser('zoe', {
        externalId: 'Zoe-1',
        name: { givenName: 'Zoe' },
        password: 'secret',
        [ENTERPRISE]: { department: 'R&D' },
      }),
    });
    const { id } = made.body;
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`https://castellan.acme.test/scim/v2/Users/${String(id)}`);
    const read = await app.push(`/Users/${String(id)}`);
    expect(read.headers.get('content-type')).toBe('application/scim+json');
    expect(read.headers.get('etag')).toBe('W/"1"');
    expect(read.body).toEqual(made.body);
    expect(read.body).toEqual({
      schemas: [USER, ENTERPRISE],
      id,
      externalId: 'Zoe-1',
      userName: 'zoe@acme.test',
      displayName: 'zoe',
      name: { givenName: 'Zoe' },
      emails: [{ value: 'zoe@acme.test', type: 'work', primary: true }],
      active: true,
      [ENTERPRISE]: { department: 'R&D' },
      meta: expect.objectContaining({ resourceType: 'User', version: 'W/"1"', location: made.headers.get('location') }),
    });
  });

  test.each([
    ['userName eq "ZOE@acme.test"', 1],
    ['username EQ "zoe@acme.test"', 1],
    [`${USER}:userName eq "zoe@acme.test"`, 1],
    ['externalId eq "Zoe-1"', 1],
    ['externalId eq "zoe-1"', 0],
    ['emails[type eq "work" and value eq "zoe@acme.test"]', 1],
    ['emails eq "zoe@acme.test"', 1],
    ['emails.value co "ACME"', 1],
    [`${ENTERPRISE}:department eq "r&d"`, 1],
    ['userName eq "zoe@acme.test" and active eq "False"', 0],
    ['not (userName eq "zoe@acme.test" and active eq false)', 1],
    ['(displayName sw "z" or displayName sw "y") and (active eq true and not (title pr))', 1],
    ['userName eq "zoe@acme.test" and userName eq "yan@acme.test"', 0],
    ['meta.created gt "2020-01-01T00:00:00Z"', 1],
  ])('is asked for with %s: %i', async (filter, count) => {
    await app.make('/Users', aUser('zoe', { externalId: 'Zoe-1', [ENTERPRISE]: { department: 'R&D' } }));
    const { status, body } = await app.push(filtered('/Users', filter));
    expect({ status, found: body['totalResults'] }).toEqual({ status: 200, found: count });
  });

  test('sees what they may at the very next call, and nothing at all once they are deactivated', async () => {
    expect(await app.search('ada')).not.toContain('wiki:all');
    const id = await app.make('/Users', aUser('ada'));
    expect(await app.search('ada')).toEqual(['wiki:all', 'wiki:public']);
    await app.make('/Groups', aGroup('Engineering', [id]));
    expect(await app.search('ada')).toEqual(['wiki:all', 'wiki:eng', 'wiki:public']);
    await app.push(`/Users/${id}`, patch({ op: 'Replace', path: 'active', value: 'False' }));
    expect(await app.search('ada')).toEqual([]);
    await app.push(`/Users/${id}`, patch({ op: 'replace', value: { active: true } }));
    expect(await app.search('ada')).toEqual(['wiki:all', 'wiki:eng', 'wiki:public']);
  });

  test('who was removed is nobody any more, and a later one of that name is not taken for them', async () => {
    const ada = await app.make('/Users', aUser('ada'));
    const group = await app.make('/Groups', aGroup('Engineering', [ada]));
    await app.search('ada');
    expect(await app.push(`/Users/${ada}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(await app.search('ada')).toEqual([]);
    expect(await app.push(`/Users/${ada}`)).toMatchObject({ status: 404 });
    expect((await app.push(`/Groups/${group}`)).body['members']).toBeUndefined();
    const later = await app.make('/Users', aUser('ada'));
    expect(later).not.toBe(ada);
    expect(await app.search('ada')).not.toContain('wiki:eng');
  });

  test('whose address goes to somebody else takes nothing along', async () => {
    const ada = await app.make('/Users', aUser('ada'));
    await app.make('/Groups', aGroup('Engineering', [ada]));
    expect(await app.search('ada')).toContain('wiki:eng');
    await app.push(`/Users/${ada}`, patch({ op: 'replace', path: 'emails[type eq "work"].value', value: 'ada.b@acme.test' }));
    await app.make('/Users', aUser('other', { emails: [{ value: 'ada@acme.test' }] }));
    expect(await app.search('ada')).toEqual(['wiki:all', 'wiki:public']);
    expect(await app.search('ada.b')).toContain('wiki:eng');
  });

  test('loses an address whatever the case it is taken away in', async () => {
    const ada = await app.make('/Users', aUser('ada', { userName: 'ada' }));
    await app.push(`/Users/${ada}`, patch({ op: 'remove', path: 'emails', value: [{ value: 'ADA@acme.test' }] }));
    expect((await app.push(`/Users/${ada}`)).body['emails']).toBeUndefined();
    expect(await app.search('ada')).not.toContain('wiki:all');
  });

  test('who is a guest is no member', async () => {
    await app.make('/Users', aUser('gus', { userType: 'Guest' }));
    expect(await app.search('gus')).not.toContain('wiki:all');
  });

  test('without an address is told by a user name that is one', async () => {
    await app.make('/Users', aUser('ada', { emails: undefined }));
    expect(await app.search('ada')).toContain('wiki:all');
  });
});

describe('a group', () => {
  test('that is renamed holds under its new name alone, in other groups too', async () => {
    const ada = await app.make('/Users', aUser('ada'));
    const inner = await app.make('/Groups', aGroup('Platform', [ada]));
    await app.make('/Groups', aGroup('Engineering', [inner]));
    expect(await app.search('ada')).toContain('wiki:eng');
    await app.push(`/Groups/${inner}`, patch({ op: 'replace', value: { id: inner, displayName: 'Sales' } }));
    expect(await app.search('ada')).toEqual(['wiki:all', 'wiki:eng', 'wiki:public', 'wiki:sales']);
    await app.make('/Groups', aGroup('Platform', []));
    expect(await app.search('ada')).toContain('wiki:eng');
  });

  test('that is removed is nobody’s, and no later one of its name comes into the groups it was in', async () => {
    const ada = await app.make('/Users', aUser('ada'));
    const inner = await app.make('/Groups', aGroup('Platform', [ada]));
    await app.make('/Groups', aGroup('Engineering', [inner]));
    await app.push(`/Groups/${inner}`, { method: 'DELETE' });
    expect(await app.search('ada')).not.toContain('wiki:eng');
    await app.make('/Groups', aGroup('Platform', [ada]));
    expect(await app.search('ada')).not.toContain('wiki:eng');
  });

  test.each([
    ['by choosing', (ada: string) => ({ op: 'Remove', path: `members[value eq "${ada}"]` })],
    ['by a list', (ada: string) => ({ op: 'Remove', path: 'members', value: [{ value: ada }] })],
    [
      'by a value that says more',
      (ada: string) => ({ op: 'remove', path: 'members', value: { value: ada, display: 'somebody' } }),
    ],
    ['by a list in another case', (ada: string) => ({ op: 'remove', path: 'members', value: [{ value: ada.toUpperCase() }] })],
    ['by whoever is left', (_: string, bob: string) => ({ op: 'replace', path: 'members', value: [{ value: bob }] })],
    [
      'by the whole',
      (_: string, bob: string) => ({
        op: 'replace',
        value: { members: [{ value: bob, $ref: `../Users/${bob}`, type: 'User' }] },
      }),
    ],
  ])('loses a member as each provider says it, and nobody else: %s', async (_, way) => {
    const [ada, bob] = [await app.make('/Users', aUser('ada')), await app.make('/Users', aUser('bob'))];
    const id = await app.make('/Groups', aGroup('Engineering', [ada, bob]));
    expect(await app.search('ada')).toContain('wiki:eng');
    expect(await app.push(`/Groups/${id}`, patch(way(ada, bob)))).toMatchObject({ status: 204 });
    expect(await app.search('ada')).not.toContain('wiki:eng');
    expect(await app.search('bob')).toContain('wiki:eng');
  });
});

test('nobody sees anything by a token of the other door', async () => {
  await app.make('/Users', aUser('ada'));
  expect(await app.push('/Users', { token: 'ada' })).toMatchObject({ status: 401 });
  expect((await app.http.post(PUSH_TOKEN)).status).toBe(401);
});
