import { describe, expect, test } from 'vitest';

import { dump } from '../kill/dump.ts';
import { PEOPLE, aCompany, LEFT } from '../support/a-github-company.ts';

const PERMISSIONS = { listing: false, permissions: true, content: false };

describe('a private repository', () => {
  test('is seen by owners, its team and the teams below it, and its collaborators; not by who was merely invited', async () => {
    const { source, keys, whoSees } = await aCompany();
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    for (const key of [keys.secret, keys.comment, keys.file]) expect(await whoSees(key)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    expect(await source.finds('bob', 'spring')).toEqual([`app:${keys.open}`]);
  });

  test('is seen by every member where the organisation lets its members read', async () => {
    const { server, source, keys, whoSees } = await aCompany();
    const organisation = server.world.organisations.get('acme');
    if (organisation) organisation.base = 'read';
    await source.sync();
    expect(await whoSees(keys.secret)).toEqual(['ada', 'bob', 'cyd', 'dan', 'gus']);
    if (organisation) organisation.base = 'none';
    await source.sync({ due: PERMISSIONS });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
  });

  test('of a person is seen by that person and their collaborators', async () => {
    const { server, source, whoSees } = await aCompany({ repositories: ['crawler/notes'] });
    const notes = await server.repository('notes', 'private', 'crawler');
    const number = await server.issue(notes, { title: 'Notes on spring' });
    server.collaborate(notes, 'eve');
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await whoSees(`issue:${notes}/${number}`)).toEqual(['eve']);
  });
});

test('an internal repository is seen by members and its collaborators', async () => {
  const { server, source, secret, keys, whoSees } = await aCompany();
  await server.change(secret, { visibility: 'internal' });
  await source.sync();
  expect(await whoSees(keys.secret)).toEqual(['ada', 'bob', 'cyd', 'dan', 'gus']);
});

test('a public repository is seen by everybody, also from outside', async () => {
  const { source, keys, whoSees } = await aCompany();
  await source.sync();
  expect(await whoSees(keys.open)).toEqual([...PEOPLE]);
});

describe('permissions alone, read without contents,', () => {
  test('take from whoever is no collaborator, of no team and no member any more', async () => {
    const { server, source, secret, team, keys, whoSees } = await aCompany();
    await source.sync();
    const organisation = server.world.organisations.get('acme');
    server.world.repositories.get(secret)?.collaborators.delete('gus');
    organisation?.teams.get(team)?.members.delete('cyd');
    organisation?.members.delete('dan');
    for (const one of organisation?.teams.values() ?? []) one.members.delete('dan');
    const before = server.arrived.length;
    expect(await source.sync({ due: PERMISSIONS })).toMatchObject({ status: 'complete', counts: { read: 0 } });
    expect(await whoSees(keys.secret)).toEqual(['ada']);
    expect(await whoSees(keys.comment)).toEqual(['ada']);
    const asked = server.arrived.slice(before).map(({ path }) => path);
    expect(asked.filter((path) => /\/(?:issues|pulls|git|contents)\b/u.test(path))).toEqual([]);
    expect(await source.differs({ but: LEFT })).toEqual([]);
  });

  test('give to whoever has come', async () => {
    const { server, source, secret, team, keys, whoSees } = await aCompany();
    await source.sync();
    server.world.organisations.get('acme')?.teams.get(team)?.members.add('bob');
    server.collaborate(secret, 'eve');
    await source.sync({ due: PERMISSIONS });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'bob', 'cyd', 'dan', 'gus', 'eve']);
  });

  test('move with a repository that goes private and public', async () => {
    const { server, source, secret, open, keys, whoSees } = await aCompany();
    await source.sync();
    await server.change(secret, { visibility: 'public' });
    await server.change(open, { visibility: 'private' });
    await source.sync({ due: PERMISSIONS });
    expect([await whoSees(keys.secret), await whoSees(keys.open)]).toEqual([[...PEOPLE], ['ada', 'dan']]);
    await server.change(secret, { visibility: 'private' });
    await source.sync({ due: PERMISSIONS });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
  });
});

test('contents alone, read without permissions, still see that a repository went private', async () => {
  const { server, source, open, keys, whoSees } = await aCompany();
  await source.sync();
  const before = server.arrived.length;
  await source.sync({ due: { listing: false, permissions: false, content: true } });
  expect(server.arrived.slice(before).filter(({ path }) => /collaborators|members|teams/u.test(path))).toEqual([]);
  await server.change(open, { visibility: 'private' });
  await source.sync({ due: { listing: false, permissions: false, content: true } });
  expect(await whoSees(keys.open)).toEqual(['ada']); // whom its team lets in waits for a run that brings permissions
  await source.sync({ due: PERMISSIONS });
  expect(await whoSees(keys.open)).toEqual(['ada', 'dan']);
});

describe('what GitHub does not say of permissions', () => {
  test.each([
    ['collaborators', /\/collaborators$/u, 403],
    ['collaborators', /\/collaborators$/u, 404],
    ['teams', /\/repositories\/\d+\/teams$/u, 404],
    ['the organisation', /^\/orgs\/acme$/u, 403],
  ])('is unknown, and nobody sees the repository: %s', async (_, refused, status) => {
    const { server, source, keys, whoSees } = await aCompany();
    await source.sync();
    server.instead = (path) => (refused.test(path) ? { status, body: { message: 'Not for you' } } : undefined);
    const end = await source.sync({ due: PERMISSIONS });
    expect(end).toMatchObject({ status: 'partial', problems: [{ message: expect.stringMatching(/GitHub did not give/u) }] });
    expect([await whoSees(keys.secret), await whoSees(keys.open)]).toEqual([[], [...PEOPLE]]);
    server.instead = () => undefined;
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    expect(await source.differs()).toEqual([]);
  });

  test.each([
    ['collaborators', /\/collaborators$/u],
    ['repositories', /^\/repositories\/\d+$/u],
  ])('takes nobody for gone whom only that would name: %s', async (_, refused) => {
    const { server, source, secret } = await aCompany();
    const isThere = (): boolean => dump(source.index.path).some((line) => /^account .*"active":1.*gus@/u.test(line));
    await source.sync();
    expect(isThere()).toBe(true);
    server.instead = (path) => {
      if (path === '/orgs/acme/repos' && refused.test('/repositories/1')) return { status: 200, body: [] };
      return refused.test(path) ? { status: 403, body: {} } : undefined;
    };
    await source.sync({ due: PERMISSIONS });
    expect(isThere()).toBe(true);
    server.instead = () => undefined;
    server.world.repositories.get(secret)?.collaborators.delete('gus');
    await source.sync({ due: PERMISSIONS });
    expect(isThere()).toBe(false);
  });

  test('is unknown too where the token is not an owner’s: whether members may see private repositories', async () => {
    const { server, source, secret, keys, whoSees } = await aCompany();
    server.world.organisations.get('acme')?.members.set('crawler', 'member');
    server.collaborate(secret, 'crawler', 'admin');
    const end = await source.sync();
    expect(end.problems).toMatchObject([{ message: expect.stringMatching(/whether members of acme may see/u) }]);
    expect(await whoSees(keys.secret)).toEqual([]);
  });

  test('of a team leaves the last that was said, and no longer than it holds', async () => {
    const { server, source, keys, whoSees } = await aCompany();
    await source.sync();
    server.instead = (path) => (/\/team\/\d+\/members$/u.test(path) ? { status: 404, body: {} } : undefined);
    expect(await source.sync({ due: PERMISSIONS })).toMatchObject({ status: 'partial' });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    source.clock.now += 25 * 3_600_000;
    await source.sync({ due: PERMISSIONS });
    expect(await source.sees('cyd', [keys.secret])).toEqual([]);
  });

  test('of members is the same, and says what to do', async () => {
    const { server, source, secret } = await aCompany();
    server.world.organisations.get('acme')?.members.delete('crawler');
    server.collaborate(secret, 'crawler', 'admin');
    const end = await source.sync();
    expect(end.status).toBe('partial');
    expect(end.problems.map(({ message }) => message).join()).toMatch(/must be a member of the organisation/u);
  });

  test('for want of single sign-on says so, and shows nothing on the strength of a part', async () => {
    const { server, source, keys, whoSees } = await aCompany();
    await source.sync();
    server.instead = async (path, reply) =>
      path.endsWith('/collaborators')
        ? { ...(await reply()), headers: { 'x-github-sso': 'partial-results; organizations=1' } }
        : undefined;
    const end = await source.sync({ due: PERMISSIONS });
    expect(end.problems).toMatchObject([{ message: expect.stringMatching(/single sign-on/u) }]);
    expect(await whoSees(keys.secret)).toEqual([]);
  });
});

test('a login is known in any case, and an e-mail that only a profile shows counts where that is wanted', async () => {
  const { server, source, keys } = await aCompany({ people: { ADA: 'ada@acme.test' } });
  await source.sync();
  expect([await source.sees('ada', [keys.secret]), await source.sees('gus', [keys.secret])]).toEqual([[keys.secret], []]);
  expect(server.arrived.filter(({ path }) => path.startsWith('/users/'))).toEqual([]);
  const { source: other, keys: theirs } = await aCompany({ people: {}, profile_emails: true });
  await other.sync();
  expect(await other.sees('gus', [theirs.secret])).toEqual([theirs.secret]);
});
