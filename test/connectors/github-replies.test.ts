import { describe, expect, test } from 'vitest';

import { github } from '../../connectors/github/sync.ts';
import { aCompany, type Company } from '../support/a-github-company.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';
import { githubSettings } from '../support/github-settings.ts';
import type { Reply } from '../support/github-lists.ts';

const WHOLE = { due: { listing: true, permissions: true, content: true } };

type Entry = Record<string, unknown>;
const entriesOf = ({ body }: Reply): Entry[] => (Array.isArray(body) ? body : []);

/** Five issues more, so that there are pages of them. */
const paged = async (): Promise<Company & { readonly all: readonly string[] }> => {
  const company = await aCompany();
  const { server, source, secret } = company;
  for (let count = 0; count < 5; count += 1) await server.issue(secret, { title: `Issue ${count}` });
  await source.sync();
  return { ...company, all: [1, 2, 3, 4, 5, 6].map((number) => `issue:${secret}/${number}`) };
};

describe('pages', () => {
  test.each([1, 2, 3, 100])('of %i give all there is', async (size) => {
    const { server, source, all } = await paged();
    server.pageSize = size;
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete', counts: { deleted: 0, changed: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
  });

  test('of things that all changed in one second give all of them', async () => {
    const { server, source, secret, all } = await paged();
    const times = server.world.repositories.get(secret)?.issueTimes;
    for (const number of times?.keys() ?? []) times?.set(number, 1_900_000_000);
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
  });

  test('of things that change while they are read pass none of them over', async () => {
    const { server, source, secret, all } = await paged();
    let moved = false;
    server.instead = async (path, reply) => {
      if (path !== `/repositories/${secret}/issues` || moved) return undefined;
      moved = true;
      const first = await reply();
      await server.edit(secret, 1, { body: 'moved to the end' });
      return first;
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
    expect(await source.fetched('ada', all[0] ?? '')).toBe('moved to the end');
  });

  test.each([
    ['lead back', (next: number) => next - 1],
    ['leave one out', (next: number) => next + 1],
  ])('that %s make no whole list: nothing is deleted, and nobody is let in', async (_, wrong) => {
    const { server, source, secret, keys } = await paged();
    for (const login of ['bob', 'cyd', 'dan']) server.collaborate(secret, login);
    server.instead = async (path, reply) => {
      const answer = await reply();
      const link = answer.headers?.['link']?.replace(
        /\bpage=(\d+)(?=[^<>]*>; rel="next")/u,
        (__, page) => `page=${wrong(Number(page))}`,
      );
      return path.endsWith('/collaborators') && link !== undefined ? { ...answer, headers: { link } } : undefined;
    };
    const end = await source.sync(WHOLE);
    expect(end).toMatchObject({
      status: 'partial',
      problems: [{ message: expect.stringMatching(/do not follow one another/u) }],
    });
    expect(await source.sees('bob', [keys.secret])).toEqual([]);
  });

  test('that name another host are asked of GitHub all the same', async () => {
    const { server, source, secret, keys } = await paged();
    for (const login of ['bob', 'cyd', 'dan']) server.collaborate(secret, login);
    server.instead = async (_, reply) => {
      const answer = await reply();
      const link = answer.headers?.['link']?.replaceAll(server.url, 'https://evil.test/elsewhere');
      return link === undefined ? undefined : { ...answer, headers: { link } };
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete' });
    expect(await source.sees('bob', [keys.secret])).toEqual([keys.secret]);
  });

  test('in another order than was asked for are not believed: something would be passed over', async () => {
    const { server, source, secret, all } = await paged();
    server.instead = async (path, reply) => {
      if (path !== `/repositories/${secret}/issues`) return undefined;
      const answer = await reply();
      return { ...answer, body: entriesOf(answer).toReversed() };
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
  });

  test('that come twice do no harm', async () => {
    const { server, source, secret, all } = await paged();
    server.instead = async (path, reply) => {
      if (path !== `/repositories/${secret}/issues`) return undefined;
      const answer = await reply();
      return { ...answer, body: entriesOf(answer).flatMap((entry) => [entry, entry]) };
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
  });

  test('that are refused in the middle delete nothing', async () => {
    const { server, source, secret, all } = await paged();
    let asked = 0;
    server.instead = (path) => {
      if (path !== `/repositories/${secret}/issues`) return undefined;
      asked += 1;
      return asked > 1 ? { status: 422, body: {} } : undefined;
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
  });
});

/** A source that was read, and is read again while its third issue is something else. */
const distorted = async (how: (issue: Entry) => Entry) => {
  const company = await paged();
  const { server, source, secret } = company;
  await server.edit(secret, 3, { title: 'Changed' });
  await server.edit(secret, 4, { title: 'Changed too' });
  // Long after the one that is distorted, so that beginning a little earlier does not reach back to it.
  const times = server.world.repositories.get(secret)?.issueTimes;
  times?.set(4, (times.get(4) ?? 0) + 1_000);
  server.instead = async (path, reply) => {
    if (path !== `/repositories/${secret}/issues`) return undefined;
    const answer = await reply();
    return { ...answer, body: entriesOf(answer).map((issue) => (issue['number'] === 3 ? how(issue) : issue)) };
  };
  return { ...company, end: await source.sync(WHOLE) };
};

describe('one issue among others', () => {
  test.each([
    ['lacks a field', (issue: Entry) => ({ ...issue, title: undefined }), 'title'],
    ['has a field renamed', ({ html_url, ...issue }: Entry) => ({ ...issue, web_url: html_url }), 'html_url'],
    ['has a field of another kind', (issue: Entry) => ({ ...issue, state: 1 }), 'state'],
    ['has nothing where something was', (issue: Entry) => ({ ...issue, labels: null }), 'labels'],
    ['has a time that is none', (issue: Entry) => ({ ...issue, updated_at: 'yesterday' }), 'updated_at'],
    ['says of its readers what nobody knows', (issue: Entry) => ({ ...issue, user: 'ada' }), 'user'],
  ])('that %s is a problem of its own, and the others are read', async (_, how, field) => {
    const { server, source, secret, all, end } = await distorted(how);
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(end.problems).toMatchObject([{ key: `issue:${secret}/3`, message: expect.stringContaining(field) }]);
    expect(await source.sees('ada', all)).toEqual([...all]);
    expect(await source.finds('ada', 'changed')).toEqual([`app:issue:${secret}/4`]);
    server.instead = () => undefined;
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect((await source.finds('ada', 'changed')).toSorted()).toEqual([`app:issue:${secret}/3`, `app:issue:${secret}/4`]);
    expect(await source.differs()).toEqual([]);
  });

  test('that nobody can tell from another forbids to take anything for gone', async () => {
    const { source, all, end } = await distorted(() => ({ rubbish: true }));
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(await source.sees('ada', all)).toEqual([...all]);
  });

  test('that has a field nobody knows is read, and that is told', async () => {
    const { source, end } = await distorted((issue) => ({ ...issue, sentiment: { mood: 'fine' } }));
    expect(end).toMatchObject({ status: 'complete' });
    expect(source.notices).toContainEqual({ kind: 'unknown_field', call: 'read issues', path: 'sentiment' });
  });
});

describe('a repository', () => {
  test.each([
    ['of a visibility that nobody knows', { visibility: 'secret' }],
    ['that is private and public', { visibility: 'public' }],
    ['without an owner', { owner: null }],
  ])('%s goes dark, and nothing of it is deleted', async (_, wrong) => {
    const { server, source, secret, keys, whoSees } = await paged();
    server.instead = async (path, reply) => {
      const answer = await reply();
      if (path === '/orgs/acme/repos')
        return { ...answer, body: entriesOf(answer).map((one) => (one['id'] === secret ? { ...one, ...wrong } : one)) };
      return undefined;
    };
    const end = await source.sync(WHOLE);
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 }, problems: [{ key: `repo:${secret}` }] });
    expect(await whoSees(keys.secret)).toEqual([]);
    server.instead = () => undefined;
    await source.sync();
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
  });

  test.each([
    ['whether it has a wiki, or issues', ['has_wiki', 'has_issues', 'archived', 'default_branch']],
    ['who it is shown to', ['visibility']],
  ])('of which a list does not say %s is seen as before', async (_, left) => {
    const { server, source, secret, keys, whoSees } = await paged();
    server.instead = async (path, reply) => {
      if (path !== '/orgs/acme/repos') return undefined;
      const answer = await reply();
      return {
        ...answer,
        body: entriesOf(answer).map((one) => Object.fromEntries(Object.entries(one).filter(([name]) => !left.includes(name)))),
      };
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    expect(server.arrived.some(({ path }) => path === `/repositories/${secret}`)).toBe(left.includes('has_wiki'));
  });

  test('with a collaborator nobody understands is not shown to the others alone', async () => {
    const { server, source, keys, whoSees } = await paged();
    server.instead = async (path, reply) => {
      const answer = await reply();
      return path.endsWith('/collaborators') ? { ...answer, body: [...entriesOf(answer), { login: 'eve' }] } : undefined;
    };
    expect(await source.sync(WHOLE)).toMatchObject({ status: 'partial' });
    expect(await whoSees(keys.secret)).toEqual([]);
  });
});

test('an organisation that is not given any more changes nothing, and fails the run', async () => {
  const { server, source, keys, whoSees } = await paged();
  server.instead = (path) => (path === '/orgs/acme/repos' ? { status: 404, body: {} } : undefined);
  const end = await source.sync(WHOLE);
  expect(end).toMatchObject({
    status: 'failed',
    problems: [{ message: expect.stringMatching(/the repositories of acme \(404\)/u) }],
  });
  expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
});

test('a reply that is no JSON is told, and nobody is let in by it', async () => {
  const { server, source, keys, whoSees } = await paged();
  server.instead = (path) => (path.endsWith('/collaborators') ? { status: 200, body: '<html>' } : undefined);
  expect((await source.sync(WHOLE)).problems).toMatchObject([{ message: expect.stringMatching(/no JSON/u) }]);
  expect(await whoSees(keys.secret)).toEqual([]);
});

test('a text longer than any that GitHub keeps is a problem of its issue, and ends nothing', async () => {
  const { server, source, secret } = await paged();
  await server.edit(secret, 2, { body: 'long '.repeat(1_000_000) });
  const { status, problems } = await source.sync();
  expect([status, problems]).toEqual(['partial', [expect.objectContaining({ key: `issue:${secret}/2` })]]);
  expect(await source.finds('ada', 'long')).toEqual([]);
});

test('a token that GitHub does not know ends the run', async () => {
  const { server } = await aCompany();
  const run = aConnectorRun(githubSettings(server), { folder: '/', fetch: server.fetchAs('stranger') });
  await expect(changesOf(github, run)).rejects.toMatchObject({ code: 'source_rejected' });
});

test('files are found folder by folder where GitHub cuts the list of them', async () => {
  const { server, source, secret, keys } = await paged();
  await server.file(secret, 'docs/deep/er/still.md', 'still deeper');
  server.instead = async (path, reply) => {
    const answer = await reply();
    const deep = server.arrived.at(-1)?.query.includes('recursive');
    if (!path.includes('/git/trees/') || !deep || typeof answer.body !== 'object') return undefined;
    return { ...answer, body: { ...answer.body, truncated: true, tree: [] } };
  };
  expect(await source.sync(WHOLE)).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
  const deep = `file:${secret}/docs/deep/er/still.md`;
  expect(await source.sees('cyd', [keys.file, deep])).toEqual([keys.file, deep]);
});
