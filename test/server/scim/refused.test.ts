import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type APushedApp, aPushedApp } from '../../support/a-pushed-app.ts';
import { aGroup, aUser, ENTERPRISE, filtered, GROUP, patch, USER } from '../../support/scim-messages.ts';

let app: APushedApp;
let ada: string;
let group: string;
beforeEach(async () => {
  app = await aPushedApp({ perMinute: 1000 });
  ada = await app.make('/Users', aUser('ada'));
  group = await app.make('/Groups', aGroup('Engineering', [ada]));
});
afterEach(() => app.remove());

const post = (body: unknown, headers = {}) => ({ method: 'POST', body, headers });
/** What is said of a refusal, and that nothing of it reached the directory. */
const refused = async (path: string, push: Parameters<APushedApp['push']>[1]) => {
  const before = await app.push('/Users');
  const { status, body } = await app.push(path, push);
  expect((await app.push('/Users')).body).toEqual(before.body);
  expect(body['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error']);
  expect(body['status']).toBe(String(status));
  return [status, body['scimType']];
};

describe('a request', () => {
  test.each([
    ['without a token', ''],
    ['with another token', 'a-token-that-only-the-provider-hat'],
    ['with the beginning of the token', 'a-token-that-only'],
  ])('%s is refused, counted, and told how to come', async (_, token) => {
    const { status, headers, body } = await app.push('/Users', { token });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="scim"']);
    expect(body['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error']);
    await app.http.refusals.close();
    expect(app.http.audited).toMatchObject([{ who: 'nobody', outcome: 'unauthenticated' }]);
  });

  test.each([
    ['coded for its way', { 'content-encoding': 'gzip' }, 415],
    ['of another kind', { 'content-type': 'text/plain' }, 415],
    ['from a stranger’s page', { origin: 'https://evil.test' }, 403],
    ['under another name', { host: 'evil.test' }, 403],
  ])('%s is refused', async (_, headers, status) => {
    expect((await app.push('/Users', post(aUser('bob'), headers))).status).toBe(status);
  });

  test.each([
    ['that is no JSON', '{"userName":', 400, 'invalidSyntax'],
    ['that is no object', '[]', 400, 'invalidSyntax'],
    ['that is empty', '', 400, 'invalidSyntax'],
    ['of another schema', { ...aUser('bob'), schemas: ['urn:x'] }, 400, 'invalidSyntax'],
    ['without a user name', { schemas: [USER] }, 400, 'invalidValue'],
    ['whose user name is a number', aUser('bob', { userName: 7 }), 400, 'invalidValue'],
    ['whose user name holds a line end', aUser('bob', { userName: 'a\nb' }), 400, 'invalidValue'],
    ['whose address is none', aUser('bob', { emails: [{ value: 'bob' }] }), 400, 'invalidValue'],
    [
      'whose address holds a control character',
      aUser('bob', { emails: [{ value: 'b\u0000ob@acme.test' }] }),
      400,
      'invalidValue',
    ],
    ['that says neither yes nor no of who is active', aUser('bob', { active: 'perhaps' }), 400, 'invalidValue'],
    ['of a name that is taken, in another case', aUser('ADA'), 409, 'uniqueness'],
    ['that is too deep', `{"x":${'['.repeat(20)}${']'.repeat(20)}}`, 413, undefined],
    ['of half a character', '{"userName":"\\ud800"}', 400, 'invalidValue'],
    ['too long for one person', aUser('bob', { title: 'x'.repeat(200_000) }), 400, 'tooMany'],
  ])('for a person %s is refused', async (_, body, status, scimType) => {
    expect(await refused('/Users', post(body))).toEqual([status, scimType]);
  });

  test('larger than 8 MB is refused, and read no further', async () => {
    expect(await refused('/Users', post('x'.repeat(8 * 1_048_576 + 1)))).toEqual([413, undefined]);
  });

  test.each([
    ['', 'GET', 404],
    ['/Nothing', 'GET', 404],
    ['/Users/nobody', 'GET', 404],
    ['/Users/nobody', 'DELETE', 404],
    ['/Users/nobody/more', 'GET', 404],
    ['/Users', 'DELETE', 405],
    ['/Schemas', 'POST', 405],
    ['/Users/__proto__', 'GET', 404],
    ['/__proto__', 'GET', 404],
    ['/Users/%zz', 'GET', 404],
  ])('to %s with %s is %i', async (path, method, status) => {
    expect((await app.push(path, { method, ...(method === 'POST' ? { body: {} } : {}) })).status).toBe(status);
  });

  test('that comes too often is told when to come again', async () => {
    await app.remove();
    app = await aPushedApp({ perMinute: 2 });
    await app.push('/Users');
    await app.push('/Users');
    const { status, headers } = await app.push('/Users');
    expect([status, Number(headers.get('retry-after')) > 0]).toEqual([429, true]);
  });
});

describe('a filter', () => {
  test.each([
    ['userName eq'],
    ['userName'],
    ['userName eq "x'],
    ['userName eq "x" and'],
    ['(userName eq "x"'],
    ['userName is "x"'],
    ['nothing eq "x"'],
    ['name eq "x"'],
    ['emails[nothing eq "x"]'],
    ['__proto__ eq "x"'],
    ['constructor.name eq "x"'],
    ['('.repeat(1000)],
    ['not '.repeat(400)],
    [`userName eq "${'x'.repeat(3000)}"`],
  ])('that cannot be read is refused: %s', async (filter) => {
    expect(await refused(filtered('/Users', filter), {})).toEqual([400, 'invalidFilter']);
  });

  test('of line ends is refused before it is parsed: each more of them would take twice as long', async () => {
    const { status, body } = await app.push(filtered('/Users', `userName eq "${'\n'.repeat(10)}`));
    expect([status, body['detail']]).toEqual([400, 'A filter has at most 2000 characters, 50 brackets, and no line ends.']);
  });

  test('of no whole number of people is refused', async () => {
    expect(await refused('/Users?count=ten', {})).toEqual([400, 'invalidValue']);
  });
});

describe('a PATCH', () => {
  test.each([
    ['whose op nobody knows', { op: 'move', path: 'active' }, 'invalidSyntax'],
    ['that has no op', { path: 'active' }, 'invalidSyntax'],
    ['whose path leads nowhere', { op: 'replace', path: 'activ', value: false }, 'invalidPath'],
    ['whose path is deeper than anything', { op: 'replace', path: 'name.givenName.x', value: 'x' }, 'invalidPath'],
    ['whose path cannot be read', { op: 'remove', path: 'emails[type eq "work"' }, 'invalidPath'],
    ['whose path is empty in its brackets', { op: 'remove', path: 'emails[]' }, 'invalidPath'],
    ['whose choice cannot be read', { op: 'remove', path: 'emails[type is "work"]' }, 'invalidFilter'],
    ['that chooses what is not there', { op: 'replace', path: 'emails[type ne "work"].value', value: 'x@acme.test' }, 'noTarget'],
    ['that removes something of everything', { op: 'remove' }, 'noTarget'],
    ['that adds nothing', { op: 'add', path: 'title' }, 'invalidValue'],
    ['whose object has an attribute nobody knows', { op: 'replace', value: { activ: false } }, 'invalidPath'],
    ['of its id', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    ['that pollutes', { op: 'add', path: '__proto__.polluted', value: 'x' }, 'invalidPath'],
    ['that pollutes an extension', { op: 'add', value: { [`${ENTERPRISE}:__proto__.polluted`]: 'x' } }, 'invalidPath'],
    ['whose value is of another kind', { op: 'replace', path: 'active', value: 7 }, 'invalidValue'],
  ])('%s is refused', async (_, operation, scimType) => {
    expect(await refused(`/Users/${ada}`, patch({ op: 'replace', path: 'active', value: false }, operation))).toEqual([
      400,
      scimType,
    ]);
    expect('polluted' in {}).toBe(false);
  });

  test.each([
    ['a member without an id', { op: 'remove', path: 'members', value: [{ display: 'ada' }] }],
    ['a choice without quotes', { op: 'remove', path: 'members[value eq ada]' }],
    ['a choice without an end', { op: 'remove', path: 'members[value eq "ada"' }],
    ['a member of two lines', { op: 'add', path: 'members', value: [{ value: 'x\ny' }] }],
    ['a member that is a number', { op: 'add', path: 'members', value: [{ value: 7 }] }],
    ['a name that rings', { op: 'replace', path: 'displayName', value: 'a\u0007b' }],
    ['no name', { op: 'remove', path: 'displayName' }],
  ])('of a group never passes over what it cannot do: %s', async (_, operation) => {
    expect((await app.push(`/Groups/${group}`, patch(operation))).status).toBe(400);
  });
});

/** A change of what is known by this tag. */
const change = (tag: string) => ({ ...patch({ op: 'replace', path: 'title', value: tag }), headers: { 'if-match': tag } });

describe('a change of what has changed since', () => {
  test('is refused, and is taken with the tag of now', async () => {
    expect((await app.push(`/Users/${ada}`, change('W/"1"'))).status).toBe(200);
    expect((await app.push(`/Users/${ada}`, change('W/"1"'))).status).toBe(412);
    expect((await app.push(`/Users/${ada}`, { method: 'DELETE', headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await app.push(`/Users/${ada}`, change('"2"'))).status).toBe(200);
    expect((await app.push(`/Users/${ada}`, { headers: { 'if-none-match': 'W/"3"' } })).status).toBe(304);
  });
});

test('two groups of one name are refused: the second could be taken for the first', async () => {
  expect((await app.push('/Groups', post(aGroup('engineering')))).status).toBe(409);
  const sales = await app.make('/Groups', aGroup('Sales'));
  expect((await app.push(`/Groups/${sales}`, patch({ op: 'replace', path: 'displayName', value: 'Engineering' }))).status).toBe(
    409,
  );
});

test('a group of ten thousand is taken, changed and given back, and one of more than fifty thousand is not', async () => {
  const members = Array.from({ length: 10_000 }, (_, at) => `member-${at}`);
  const id = await app.make('/Groups', aGroup('Everybody', members));
  await app.push(`/Groups/${id}`, patch({ op: 'add', path: 'members', value: [{ value: ada }, { value: 'member-7' }] }));
  await app.push(`/Groups/${id}`, patch({ op: 'remove', path: 'members[value eq "member-5"]' }));
  const { body } = await app.push(`/Groups/${id}`);
  expect(body['members']).toHaveLength(10_000);
  expect((await app.push(`/Groups/${id}?excludedAttributes=members`)).body['members']).toBeUndefined();
  const more = Array.from({ length: 50_001 }, (_, at) => `m${at}`);
  expect(
    (await app.push('/Groups', post({ schemas: [GROUP], displayName: 'All', members: more.map((value) => ({ value })) }))).status,
  ).toBe(400);
});
