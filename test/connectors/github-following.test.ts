import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { aCompany, type Company, LEFT } from '../support/a-github-company.ts';
import { githubSettings } from '../support/github-settings.ts';

const synced = async (given: Readonly<Record<string, unknown>> = {}): Promise<Company> => {
  const company = await aCompany(given);
  expect(await company.source.sync()).toMatchObject({ status: 'complete' });
  return company;
};

const same = async ({ source }: Company): Promise<void> => expect(await source.differs({ but: LEFT })).toEqual([]);

describe('a next run', () => {
  test('reads what is new alone, and says that all else stands', async () => {
    const company = await synced();
    const { server, source, secret, keys } = company;
    source.clock.now += 2 * 3_600_000;
    await server.edit(secret, 1, { title: 'Summer plan' });
    const before = server.arrived.length;
    const end = await source.sync();
    expect(end).toMatchObject({ status: 'complete', counts: { changed: 1, deleted: 0 } });
    expect(await source.finds('ada', 'summer')).toEqual([`app:${keys.secret}`]);
    expect(server.arrived.slice(before).some(({ path }) => path.includes('/git/trees/'))).toBe(false);
    await same(company);
  });

  test('reads what GitHub dates back a little', async () => {
    const company = await synced();
    const { server, source, secret, keys } = company;
    const times = server.world.repositories.get(secret)?.issueTimes;
    await server.edit(secret, 1, { title: 'Summer plan' });
    await server.issue(secret, { title: 'Another' });
    await source.sync();
    await server.edit(secret, 1, { title: 'Autumn plan' });
    times?.set(1, (times.get(2) ?? 0) - 60);
    await source.sync();
    expect(await source.finds('ada', 'autumn')).toEqual([`app:${keys.secret}`]);
    await same(company);
  });

  test('reads a comment that was written, changed and deleted', async () => {
    const company = await synced();
    const { server, source, secret, keys } = company;
    const id = Number(keys.comment.split('/')[1]);
    const other = await server.comment(secret, 1, 'A second one.');
    await server.editComment(secret, id, 'Summer it is.');
    await source.sync();
    expect(await source.fetched('cyd', keys.comment)).toBe('Summer it is.');
    expect(await source.fetched('cyd', `comment:${secret}/${other}`)).toBe('A second one.');
    await server.deleteComment(secret, 1, id);
    await source.sync();
    expect(await source.fetched('cyd', keys.comment)).toBeUndefined();
    await same(company);
  });

  test('reads files that were written, changed and deleted, and no others', async () => {
    const company = await synced();
    const { server, source, secret, keys } = company;
    await server.file(secret, 'docs/guide.md', '# Another guide');
    await server.file(secret, 'docs/deep/er.txt', 'deeper');
    await server.file(secret, 'src/main.md', 'not wanted');
    await server.file(secret, 'docs/picture.png', 'not text');
    await source.sync();
    expect(await source.fetched('cyd', keys.file)).toBe('# Another guide');
    expect(await source.fetched('cyd', `file:${secret}/docs/deep/er.txt`)).toBe('deeper');
    expect(await source.sees('ada', [`file:${secret}/src/main.md`, `file:${secret}/docs/picture.png`])).toEqual([]);
    await same(company);
    await server.deleteFile(secret, 'docs/guide.md');
    expect(await source.sync()).toMatchObject({ counts: { deleted: 1 } });
    expect(await source.fetched('ada', keys.file)).toBeUndefined();
    await same(company);
  });

  test('reads a file’s text once for each of its contents', async () => {
    const { server, source, secret } = await synced();
    await server.file(secret, 'docs/other.md', 'other');
    await source.sync();
    expect(server.arrived.filter(({ path }) => path.includes('/git/blobs/'))).toHaveLength(2);
  });

  test('reads a file that could not be read before, and does not call it fresh until then', async () => {
    const company = await synced();
    const { server, source, secret, keys } = company;
    await server.file(secret, 'docs/guide.md', '# Another guide');
    server.instead = (path) => (path.includes('/git/blobs/') ? { status: 500, body: {} } : undefined);
    expect(await source.sync()).toMatchObject({ status: 'partial', problems: [{ key: keys.file }] });
    expect(await source.sync()).toMatchObject({ status: 'partial', problems: [{ key: keys.file }] });
    server.instead = () => undefined;
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await source.fetched('cyd', keys.file)).toBe('# Another guide');
    await same(company);
  });

  test('reads what comes after an issue that is dated in times to come', async () => {
    const company = await synced();
    const { server, source, secret } = company;
    const times = server.world.repositories.get(secret)?.issueTimes;
    times?.set(await server.issue(secret, { title: 'Of times to come' }), Date.parse('2099-01-01T00:00:00Z') / 1000);
    await source.sync();
    await server.edit(secret, 1, { title: 'Summer plan' });
    await source.sync();
    expect(await source.finds('ada', 'summer')).toHaveLength(1);
    await same(company);
  });
});

describe('a repository', () => {
  test('that is renamed keeps its documents, under its new name', async () => {
    const company = await synced();
    const { server, source, secret, keys, whoSees } = company;
    await server.rename(secret, 'renamed');
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    await same(company);
  });

  test('that was named, and renamed, is found where it went', async () => {
    const { server, source, secret, keys, whoSees } = await synced({ organisation: undefined, repositories: ['acme/secret'] });
    await server.rename(secret, 'renamed');
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
  });

  test.each([{}, { organisation: undefined, repositories: ['acme/secret', 'acme/open'] }])(
    'that went to another owner is gone: %o',
    async (given) => {
      const company = await synced(given);
      const { server, source, secret, keys, whoSees } = company;
      await server.transfer(secret, 'other');
      await source.sync({ due: { listing: false, permissions: true, content: false } });
      expect([await whoSees(keys.secret), await whoSees(keys.file)]).toEqual([[], []]);
      await source.sync();
      await same(company);
    },
  );

  test('that is deleted is gone, and one of its name is another', async () => {
    const company = await synced();
    const { server, source, secret, keys, whoSees } = company;
    await server.delete(secret);
    const again = await server.repository('secret', 'private');
    const number = await server.issue(again, { title: 'Another spring' });
    await source.sync();
    expect(await whoSees(keys.secret)).toEqual([]);
    expect(await whoSees(`issue:${again}/${number}`)).toEqual(['ada']);
    await same(company);
  });

  test('that is archived stays as it is', async () => {
    const company = await synced();
    const { server, source, secret, keys, whoSees } = company;
    await server.change(secret, { archived: true });
    await source.sync();
    expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    await same(company);
  });

  test('that is not meant is not read', async () => {
    const { server, keys, whoSees } = await synced({ exclude: ['sec*'] });
    expect([await whoSees(keys.secret), (await whoSees(keys.open)).length]).toEqual([[], 7]);
    expect(server.arrived.filter(({ path }) => path.endsWith('/collaborators'))).toEqual([]);
  });

  test('whose issues are switched off has none', async () => {
    const company = await synced();
    const { server, source, secret, keys } = company;
    await server.change(secret, { has_issues: false });
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 2 } });
    expect(await source.fetched('ada', keys.secret)).toBeUndefined();
    await same(company);
  });

  test('with nothing in it is read, and read when something is', async () => {
    const company = await synced();
    const { server, source } = company;
    const empty = await server.repository('empty', 'public');
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    await server.file(empty, 'docs/first.md', 'first');
    await source.sync();
    expect(await source.fetched('bob', `file:${empty}/docs/first.md`)).toBe('first');
    await same(company);
  });

  test('that GitHub leaves out of a list and still has is not gone', async () => {
    const { server, source, open, keys, whoSees } = await synced();
    server.instead = async (path, reply) => {
      if (path !== '/orgs/acme/repos') return undefined;
      const { body, ...rest } = await reply();
      return { ...rest, body: Array.isArray(body) ? body.filter(({ id }) => id !== open) : body };
    };
    for (const listing of [false, true]) {
      expect(await source.sync({ due: { listing, permissions: true, content: true } })).toMatchObject({ status: 'complete' });
      expect((await whoSees(keys.open)).length).toBe(7);
    }
  });

  test('that is there and not given goes dark, and nothing of it is deleted', async () => {
    const company = await synced();
    const { server, source, secret, keys, whoSees } = company;
    server.instead = (path) =>
      path === '/orgs/acme/repos'
        ? { status: 200, body: [] }
        : path === `/repositories/${secret}`
          ? { status: 451, body: { message: 'Repository access blocked' } }
          : undefined;
    for (const listing of [false, true]) {
      const end = await source.sync({ due: { listing, permissions: true, content: true } });
      expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
      expect(await whoSees(keys.secret)).toEqual([]);
    }
    server.instead = () => undefined;
    await source.sync();
    expect(await whoSees(keys.file)).toEqual(['ada', 'cyd', 'dan', 'gus']);
    await same(company);
  });
});

test('repositories that are gone in number are seen by nobody and deleted by nobody but who says so', async () => {
  const { server, source, secret, open, keys, whoSees } = await synced();
  for (let count = 0; count < 25; count += 1) await server.issue(secret, { title: `Issue ${count}` });
  const left = await server.repository('left', 'public');
  await source.sync();
  server.instead = async (path, reply) => {
    if (path === '/orgs/acme/repos') {
      const usual = await reply();
      return {
        ...usual,
        body: z
          .array(z.looseObject({ id: z.number() }))
          .parse(usual.body)
          .filter(({ id }) => id === left),
      };
    }
    return [secret, open].some((id) => path === `/repositories/${id}`) ? { status: 404, body: {} } : undefined;
  };
  const end = await source.sync();
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
  expect(end.problems.at(-1)?.message).toMatch(/--accept-deletions/u);
  expect([await whoSees(keys.secret), await whoSees(keys.open)]).toEqual([[], []]);
  server.instead = () => undefined;
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
  expect([await whoSees(keys.secret), (await whoSees(keys.open)).length]).toEqual([['ada', 'cyd', 'dan', 'gus'], 7]);
});

test('the only repository, where it is gone, is deleted by nobody but who says so', async () => {
  const { server, source, secret, keys, whoSees } = await synced({ organisation: undefined, repositories: ['acme/secret'] });
  for (let count = 0; count < 25; count += 1) await server.issue(secret, { title: `Issue ${count}` });
  await source.sync();
  server.instead = (path) => (/^\/repos(?:\/acme\/secret|itories\/\d+)$/u.test(path) ? { status: 404, body: {} } : undefined);
  const end = await source.sync();
  expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
  expect(end.problems.at(-1)?.message).toMatch(/--accept-deletions/u);
  expect(await whoSees(keys.secret)).toEqual([]);
  server.instead = () => undefined;
  expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
  expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
});

test('an issue that was deleted goes with the next whole listing', async () => {
  const { server, source, secret, keys, whoSees } = await synced();
  server.deleteIssue(secret, 1);
  await source.sync({ due: { listing: true, permissions: true, content: true } });
  expect([await whoSees(keys.secret), await whoSees(keys.comment)]).toEqual([[], []]);
});

test('other settings are another reading', async () => {
  const { server, source, keys } = await synced();
  const settings = githubSettings(server, { read: ['issues'] });
  expect(await source.sync({ settings })).toMatchObject({ status: 'complete', counts: { deleted: 2 } });
  expect(await source.sees('ada', [keys.secret, keys.comment, keys.file])).toEqual([keys.secret]);
});
