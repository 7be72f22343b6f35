import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type APushedApp, aPushedApp } from '../../support/a-pushed-app.ts';
import { ENTERPRISE, filtered, GROUP, patch, USER } from '../../support/scim-messages.ts';

let app: APushedApp;
beforeEach(async () => {
  app = await aPushedApp();
});
afterEach(() => app.remove());

const idOf = ({ body }: { body: Readonly<Record<string, unknown>> }): string => String(body['id']);
const accountOf = async (id: string): Promise<unknown> => (await app.index.store.history('people', 'account', id)).at(-1)?.new;
const membersOf = async (group: string): Promise<unknown> => (await app.index.store.history('people', 'members', group)).at(-1);

describe('Microsoft Entra', () => {
  const SENT = {
    schemas: [USER, ENTERPRISE],
    externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
    userName: 'Test_User@acme.test',
    active: 'True',
    displayName: 'Test User',
    emails: [{ primary: 'True', type: 'work', value: 'Test_User@acme.test' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Test User', familyName: 'User', givenName: 'Test' },
    roles: [],
    title: null,
    [ENTERPRISE]: { department: 'R&D', manager: 'a-manager' },
  };

  test('asks whether somebody is there, makes them, changes them and turns them off', async () => {
    expect((await app.push(filtered('/Users', 'userName eq "Test_User@acme.test"'))).body).toMatchObject({
      totalResults: 0,
      Resources: [],
    });
    const id = idOf(await app.push('/Users', { method: 'POST', body: SENT }));
    expect(await accountOf(id)).toEqual({ active: true, kind: 'member', emails: ['test_user@acme.test'] });
    expect((await app.push(filtered('/Users', `externalId eq "${SENT.externalId}"`))).body).toMatchObject({ totalResults: 1 });
    const changed = await app.push(
      `/Users/${id}`,
      patch(
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updated@acme.test' },
        { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555' },
        { op: 'Replace', path: 'name.familyName', value: 'Updated' },
        { op: 'Add', path: `${ENTERPRISE}:manager`, value: 'another-manager' },
        { op: 'Replace', path: `${ENTERPRISE}:department`, value: 'Sales' },
        { op: 'Remove', path: 'roles' },
        { op: 'Replace', value: { displayName: 'Updated', 'name.givenName': 'New', [`${ENTERPRISE}:division`]: 'D' } },
      ),
    );
    expect(changed).toMatchObject({
      status: 200,
      body: {
        displayName: 'Updated',
        name: { formatted: 'Test User', familyName: 'Updated', givenName: 'New' },
        emails: [{ primary: true, type: 'work', value: 'updated@acme.test' }],
        phoneNumbers: [{ type: 'mobile', value: '+1 555' }],
        [ENTERPRISE]: { department: 'Sales', division: 'D', manager: { value: 'another-manager' } },
      },
    });
    await app.push(`/Users/${id}`, patch({ op: 'Replace', path: 'active', value: 'False' }));
    expect(await accountOf(id)).toEqual({ active: false, kind: 'member', emails: ['updated@acme.test'] });
    await app.push(`/Users/${id}`, patch({ op: 'Add', path: 'active', value: true }));
    await app.push(`/Users/${id}`, patch({ op: 'Replace', value: { active: 'false' } }));
    expect(await accountOf(id)).toMatchObject({ active: false });
  });

  test('makes a group without members, adds them, takes one out, and asks who is in without the list', async () => {
    const id = idOf(
      await app.push('/Groups', {
        method: 'POST',
        body: {
          schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
          externalId: 'g',
          displayName: 'Engineering',
          meta: { resourceType: 'Group' },
        },
      }),
    );
    const added = await app.push(
      `/Groups/${id}`,
      patch({
        op: 'Add',
        path: 'members',
        value: [
          { $ref: null, value: 'a' },
          { $ref: null, value: 'b' },
        ],
      }),
    );
    expect(added.status).toBe(204);
    await app.push(`/Groups/${id}`, patch({ op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }] }));
    expect(await membersOf('Engineering')).toMatchObject({ old: ['user:a'], new: [] });
    const { body } = await app.push(`/Groups/${id}?excludedAttributes=members`);
    expect([body['displayName'], body['members']]).toEqual(['Engineering', undefined]);
    expect((await app.push(filtered('/Groups', `id eq "${id}" and members eq "b"`))).body['totalResults']).toBe(1);
    expect((await app.push(filtered('/Groups', `id eq "${id}" and members[value eq "a"]`))).body['totalResults']).toBe(0);
    expect(
      (await app.push(`${filtered('/Groups', 'displayName eq "engineering"')}&excludedAttributes=members`)).body,
    ).toMatchObject({
      totalResults: 1,
    });
  });
});

describe('Okta', () => {
  test('asks page by page, makes people, and changes them whole', async () => {
    expect((await app.push('/Users?startIndex=1&count=100')).body).toMatchObject({ totalResults: 0, startIndex: 1 });
    const sent = {
      schemas: [USER],
      userName: 'isaac@acme.test',
      name: { givenName: 'Isaac', familyName: 'Brock' },
      emails: [{ primary: true, value: 'isaac@acme.test', type: 'work' }],
      displayName: 'Isaac Brock',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
      groups: [],
      password: '1mz050nq',
      active: true,
    };
    const id = idOf(await app.push('/Users', { method: 'POST', body: sent }));
    const { body: read } = await app.push(`/Users/${id}`);
    expect(read['password']).toBeUndefined();
    const { status, body } = await app.push(`/Users/${id}`, {
      method: 'PUT',
      body: { ...read, active: false, displayName: undefined },
    });
    expect([status, body['active'], body['displayName'], body['id']]).toEqual([200, false, undefined, id]);
    expect(await accountOf(id)).toMatchObject({ active: false });
  });

  test('pushes a group with its members, renames it, and replaces who is in', async () => {
    const id = idOf(
      await app.push('/Groups', {
        method: 'POST',
        body: { schemas: [GROUP], displayName: 'Test SCIMv2', members: [{ value: 'a', display: 'a@acme.test' }] },
      }),
    );
    expect(
      (await app.push(`/Groups/${id}`, patch({ op: 'replace', value: { id, displayName: 'Test SCIMv2 new' } }))).status,
    ).toBe(204);
    expect(await membersOf('Test SCIMv2')).toMatchObject({ old: ['user:a'], new: undefined });
    await app.push(
      `/Groups/${id}`,
      patch(
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'add', path: 'members', value: [{ value: 'b', display: 'b@acme.test' }] },
      ),
    );
    expect((await app.push(`/Groups/${id}`)).body['members']).toEqual([{ value: 'b', display: 'b@acme.test' }]);
    expect((await app.push(`/Groups/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await membersOf('Test SCIMv2 new')).toMatchObject({ new: undefined });
  });
});

describe('what is served', () => {
  test('is described as the standard has it', async () => {
    expect((await app.push('/ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
      etag: { supported: true },
      authenticationSchemes: [{ type: 'oauthbearertoken' }],
    });
    expect((await app.push('/ResourceTypes')).body).toMatchObject({
      totalResults: 2,
      Resources: [
        { name: 'User', endpoint: '/Users', schema: USER, schemaExtensions: [{ schema: ENTERPRISE, required: false }] },
        { name: 'Group', endpoint: '/Groups', schema: GROUP },
      ],
    });
    expect((await app.push('/ResourceTypes/User')).body).toMatchObject({ name: 'User' });
    const { body } = await app.push('/Schemas');
    expect([body['Resources']].flat()).toMatchObject([{ id: USER }, { id: ENTERPRISE }, { id: GROUP }]);
    expect((await app.push(`/Schemas/${USER}`)).body).toMatchObject({ id: USER, name: 'User' });
    expect((await app.push('/Schemas/urn:nothing')).status).toBe(404);
  });
});
