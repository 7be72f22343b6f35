import { randomBytes } from 'node:crypto';

import { describe, expect, test, vi } from 'vitest';

import { judgedPack } from '../../connectors/github/pack.ts';
import { settingsSchema, webOf } from '../../connectors/github/settings.ts';
import { github } from '../../connectors/github/sync.ts';
import { aCompany, type Company, LEFT } from '../support/a-github-company.ts';
import { githubSettings } from '../support/github-settings.ts';
import { HAS_GIT } from '../support/a-github-wiki.ts';
import { askedLive } from '../support/a-github-question.ts';

vi.setConfig({ testTimeout: 60_000 }); // git is started many times

const WHOLE = { due: { listing: true, permissions: true, content: true } };
const IN_SECRET = ['ada', 'cyd', 'dan', 'gus'];
const wikiCalls = ({ server }: Company, from = 0): string[] =>
  server.arrived.slice(from).flatMap(({ path }) => (path.includes('.wiki.git') ? [path.slice(path.indexOf('.git/') + 5)] : []));
const same = async ({ source }: Company): Promise<void> => expect(await source.differs({ but: LEFT })).toEqual([]);

interface WithWikis extends Company {
  /** Of a page in the private repository, and of one in the public one. */
  readonly pages: { readonly secret: string; readonly open: string };
}

/** A company with a wiki in each repository, read once. */
const withWikis = async (given: Readonly<Record<string, unknown>> = {}): Promise<WithWikis> => {
  const company = await aCompany(given);
  const { server, source, secret, open } = company;
  await server.wiki(secret, { 'Home.md': '# Spring', 'How-we-work.md': 'We work in spring.' });
  await server.wiki(open, { 'Home.md': 'Spring for all' });
  expect(await source.sync()).toMatchObject({ status: 'complete', problems: [] });
  return { ...company, pages: { secret: `page:${secret}/How-we-work.md`, open: `page:${open}/Home.md` } };
};

describe.skipIf(!HAS_GIT)('a page of a wiki', () => {
  test('is seen by whoever may see its repository, as a page of it', async () => {
    const { source, whoSees, pages, secret } = await withWikis();
    expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
    expect((await whoSees(pages.open)).length).toBe(7);
    expect(await source.fetched('gus', pages.secret)).toBe('We work in spring.');
    expect(await source.finds('gus', 'how we work')).toContain(`app:page:${secret}/How-we-work.md`);
    expect(await source.finds('bob', 'how we work')).not.toContain(`app:page:${secret}/How-we-work.md`);
  });

  test('is lost with the repository: by a collaborator who is taken out, at once', async () => {
    const { server, source, secret, whoSees, pages } = await withWikis();
    server.world.repositories.get(secret)?.collaborators.delete('gus');
    await source.sync({ due: { listing: false, permissions: true, content: false } });
    expect(await whoSees(pages.secret)).toEqual(['ada', 'cyd', 'dan']);
  });

  test('is written, changed and deleted', async () => {
    const company = await withWikis();
    const { server, source, secret, pages } = company;
    await server.wiki(secret, { 'How-we-work.md': 'We work in autumn.', 'Home.md': undefined, 'New.md': 'A new page' });
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 1 } });
    expect(await source.fetched('cyd', pages.secret)).toBe('We work in autumn.');
    expect(await source.fetched('cyd', `page:${secret}/New.md`)).toBe('A new page');
    expect(await source.fetched('cyd', `page:${secret}/Home.md`)).toBeUndefined();
    await same(company);
    await server.wiki(secret, { 'How-we-work.md': undefined, 'New.md': undefined });
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 2 } });
    await same(company);
  });

  test('has the name and the address that GitHub gives it, and whatever is no page is none', async () => {
    const company = await aCompany();
    const { server, secret } = company;
    await server.wiki(secret, {
      'deep/er/How-we-work.md': 'a',
      'Über uns?.markdown': 'b',
      'Notes.textile': 'c',
      'Kein-Bild.png': randomBytes(100),
      '_Sidebar.md': 'd',
      '_footer.md': 'e',
      'no-ending': 'f',
    });
    const live = await askedLive(company, `page:${secret}/deep/er/How-we-work.md`);
    expect(live).toMatchObject({ title: 'How we work', type: 'page', updatedAt: new Date('2026-02-01T00:00:01Z') });
    expect(String(Object(live).url)).toMatch(/\/acme\/secret\/wiki\/How-we-work$/u);
    const { source } = company;
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    const keys = [
      'deep/er/How-we-work.md',
      'Über uns?.markdown',
      'Notes.textile',
      'Kein-Bild.png',
      '_Sidebar.md',
      '_footer.md',
      'no-ending',
    ];
    expect(
      await source.sees(
        'ada',
        keys.map((key) => `page:${secret}/${key}`),
      ),
    ).toEqual(keys.slice(0, 3).map((key) => `page:${secret}/${key}`));
  });

  test('comes whole out of a pack in which pages are told by what differs between them', async () => {
    const company = await aCompany();
    const { server, source, secret } = company;
    const lines = Array.from({ length: 300 }, (_, line) => `Line ${line} of the spring ${line * 7919}`);
    const text = (page: number): string => lines.with(page * 3, `Only on page ${page}`).join('\n');
    const pages = Array.from({ length: 60 }, (_, page) => [`Page-${page}.md`, text(page)] as const);
    for (const some of [pages.slice(0, 30), pages.slice(30)]) await server.wiki(secret, Object.fromEntries(some));
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    for (const page of [0, 29, 30, 59]) {
      const live = await askedLive(company, `page:${secret}/Page-${page}.md`);
      const body =
        typeof live === 'object' && live.body.kind === 'bytes' ? await live.body.read(AbortSignal.timeout(10_000)) : undefined;
      expect(Buffer.from(body ?? []).toString()).toBe(text(page));
    }
  });

  test('asked live, is theirs who may see its repository, now', async () => {
    const company = await withWikis();
    const { server, secret, pages } = company;
    expect(await askedLive(company, pages.secret, 'gus')).toMatchObject({ key: pages.secret });
    expect(await askedLive(company, pages.secret, 'eve')).toBe('forbidden');
    for (const gone of ['No.md', '_Sidebar.md', 'picture.png'])
      expect(await askedLive(company, `page:${secret}/${gone}`, 'ada')).toBe('gone');
    server.instead = (path) => (path.includes('.wiki.git') ? { status: 403, body: '' } : undefined);
    expect(await askedLive(company, pages.secret, 'gus')).toBe('forbidden');
    server.instead = () => undefined;
    await server.change(secret, { has_wiki: false });
    expect(await askedLive(company, pages.secret, 'gus')).toBe('gone');
  });
});

describe.skipIf(!HAS_GIT)('a wiki', () => {
  test('that nobody wrote to is asked for once a run, and not fetched again', async () => {
    const company = await withWikis();
    const from = company.server.arrived.length;
    expect(await company.source.sync()).toMatchObject({ status: 'complete', counts: { changed: 0 } });
    expect(wikiCalls(company, from)).toEqual(['info/refs', 'info/refs']);
  });

  test('stays with a repository that is renamed, and goes with one that has another owner', async () => {
    const company = await withWikis();
    const { server, source, secret, whoSees, pages } = company;
    await server.rename(secret, 'renamed');
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
    await same(company);
    await server.transfer(secret, 'other');
    await source.sync();
    expect(await whoSees(pages.secret)).toEqual([]);
    await same(company);
  });

  test('that is switched off goes, and comes back when it is switched on', async () => {
    const company = await withWikis();
    const { server, source, secret, whoSees, pages } = company;
    await server.change(secret, { has_wiki: false });
    const from = server.arrived.length;
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 2 } });
    expect(wikiCalls(company, from)).toEqual(['info/refs']);
    await same(company);
    await server.change(secret, { has_wiki: true });
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
    await same(company);
  });

  test('that is not wanted is not asked for', async () => {
    const company = await aCompany({ read: ['issues'] });
    await company.server.wiki(company.secret, { 'Home.md': 'x' });
    expect(await company.source.sync()).toMatchObject({ status: 'complete' });
    expect(wikiCalls(company)).toEqual([]);
    expect(await askedLive(company, `page:${company.secret}/Home.md`, undefined, { read: ['issues'] })).toBe('gone');
  });

  test('that a repository does not have yet is none, and is read when it is written', async () => {
    const company = await aCompany();
    const { server, source, secret, whoSees } = company;
    expect(await source.sync()).toMatchObject({ status: 'complete', problems: [] });
    await server.wiki(secret, { 'Home.md': 'Spring' });
    expect(await source.sync()).toMatchObject({ status: 'complete' });
    expect(await whoSees(`page:${secret}/Home.md`)).toEqual(IN_SECRET);
    await same(company);
  });

  test.each([
    ['not found any more', 404, /There was one/u],
    ['forbidden', 403, /permission “Contents”/u],
    ['refused', 401, /permission “Contents”/u],
    ['led elsewhere', 302, /did not give the wiki/u],
  ])('that was there and is %s keeps its pages, and the run says why', async (_, status, why) => {
    const company = await withWikis();
    const { server, source, secret, whoSees, pages } = company;
    await server.wiki(secret, { 'New.md': 'new' });
    server.instead = (path) =>
      path.startsWith('/acme/secret.wiki.git') ? { status, body: '', headers: { location: '/' } } : undefined;
    for (const due of [{}, WHOLE, {}]) {
      const end = await source.sync(due);
      expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
      expect(end.problems).toMatchObject([{ key: `wiki:${secret}`, message: expect.stringMatching(why) }]);
      expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
    }
    server.instead = () => undefined;
    expect(await source.sync()).toMatchObject({ status: 'complete', counts: { deleted: 0 } });
    expect(await whoSees(`page:${secret}/New.md`)).toEqual(IN_SECRET);
    await same(company);
  });

  test.each([
    ['refs that are none', 'info/refs', 'nonsense'],
    ['a page for people', 'info/refs', '<!doctype html><title>Sign in</title>'],
    ['nothing', 'git-upload-pack', ''],
    ['a pack that is none', 'git-upload-pack', '0008NAK\n0009\u0001PACK0000'],
    ['lines that are none', 'git-upload-pack', 'zzzz'],
    ['an error in its place', 'git-upload-pack', '0008NAK\n000a\u0003oops0000'],
  ])('of which GitHub gives %s keeps its pages, and the run says so', async (_, service, body) => {
    const { server, source, secret, whoSees, pages } = await withWikis();
    await server.wiki(secret, { 'New.md': 'new' });
    server.instead = (path) =>
      path === `/acme/secret.wiki.git/${service}`
        ? {
            status: 200,
            body,
            headers: { 'content-type': `application/x-git-upload-pack-${service === 'info/refs' ? 'advertisement' : 'result'}` },
          }
        : undefined;
    const end = await source.sync();
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(end.problems).toMatchObject([{ key: `wiki:${secret}`, message: expect.stringMatching(/what git cannot read/u) }]);
    expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
  });

  test('whose pack breaks off, or holds another byte, is not read', async () => {
    const { server, source, secret, whoSees, pages } = await withWikis();
    await server.wiki(secret, { 'How-we-work.md': undefined, 'New.md': randomBytes(5_000).toString('hex') });
    for (const spoil of [(pack: Buffer) => pack.subarray(0, -40), (pack: Buffer) => pack.fill(7, -100, -99)]) {
      server.instead = async (path, reply) => {
        if (path !== '/acme/secret.wiki.git/git-upload-pack') return undefined;
        const answer = await reply();
        return Buffer.isBuffer(answer.body) ? { ...answer, body: spoil(answer.body) } : answer;
      };
      expect(await source.sync()).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
      expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
    }
  });

  test.each([
    ['sent', () => randomBytes(34 * 1_048_576), /32 MB are sent/u],
    ['unpacked', () => Buffer.alloc(129 * 1_048_576), /128 MB unpacked/u],
  ])('that is too large when it is %s is a problem of its own, and all else is read', async (_, picture, why) => {
    const { server, source, secret, open, whoSees, pages } = await withWikis();
    await server.wiki(secret, { 'picture.png': picture(), 'New.md': 'new' });
    await server.wiki(open, { 'New.md': 'new' });
    const end = await source.sync();
    expect(end).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(end.problems).toMatchObject([{ key: `wiki:${secret}`, message: expect.stringMatching(why) }]);
    expect(await whoSees(pages.secret)).toEqual(IN_SECRET);
    expect(await source.fetched('bob', `page:${open}/New.md`)).toBe('new');
  });

  test('is not fetched by a run that is aborted', async () => {
    const { server, source, secret } = await withWikis();
    await server.wiki(secret, { 'New.md': 'new' });
    const abort = new AbortController();
    server.instead = (path) => {
      if (path.endsWith('git-upload-pack')) abort.abort();
      return undefined;
    };
    const end = await source.sync({ signal: abort.signal }).catch((error: unknown) => error);
    expect(String(end instanceof Error ? end.message : Object(end).status)).toMatch(/abort|failed|partial/iu);
    server.instead = () => undefined;
    await source.sync();
    expect(await source.fetched('cyd', `page:${secret}/New.md`)).toBe('new');
  });
});

describe('where git is', () => {
  test.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
    ['https://git.acme.test/api/v3', 'https://git.acme.test'],
    ['https://api.acme.test/api/v3', 'https://api.acme.test'],
  ])('is told by the address of the REST interface: %s', (url, web) => {
    expect(webOf(url)).toBe(web);
    const hosts = github.hosts(settingsSchema.parse({ organisation: 'acme', url }));
    expect([...hosts].toSorted()).toEqual([...new Set([new URL(url).host, new URL(web).host])].toSorted());
  });
});

test('what is no pack is broken, however short', () => {
  for (const length of [0, 11, 31, 40]) expect(judgedPack(Buffer.alloc(length), { bytes: 1_000, objects: 10 })).toBe('broken');
});

test('settings want wikis unless they say what is read', () => {
  expect(settingsSchema.parse({ organisation: 'acme' }).read).toContain('wiki');
  expect(githubSettings({ url: 'http://github.test' }, { read: ['issues'] }).read).toEqual(['issues']);
});
