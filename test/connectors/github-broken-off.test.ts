import { setTimeout } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { aCompany, type Company, LEFT } from '../support/a-github-company.ts';
import { githubSettings } from '../support/github-settings.ts';

const HOUR = 3_600_000;
/** By then what was read before is stored, in ms. */
const COMMITTED = 500;
const LISTING = { listing: true, permissions: true, content: true };

interface Broken extends Company {
  /** The repositories, in the order in which they are read. */
  readonly repositories: readonly number[];
}

/** Four repositories with a file and an issue each, whose first listing breaks off when it comes to the third. */
const brokenOff = async (): Promise<Broken> => {
  const company = await aCompany();
  const { server, source, secret, open } = company;
  const repositories = [secret, open, await server.repository('third', 'public'), await server.repository('fourth', 'public')];
  for (const id of repositories.slice(1)) {
    await server.file(id, 'docs/more.md', `what ${id} has`);
    if (id !== open) await server.issue(id, { title: `Plan of ${id}` });
  }
  const stop = new AbortController();
  server.instead = async (path) => {
    if (path !== `/repositories/${repositories[2]}/issues`) return undefined;
    await setTimeout(COMMITTED);
    stop.abort();
    return undefined;
  };
  expect(await source.sync({ signal: stop.signal })).toMatchObject({ status: 'partial' });
  server.instead = () => undefined;
  return { ...company, repositories };
};

/** What is asked of a repository's contents, from now on: its issues since when, its files. */
const askedFrom = ({ server }: Broken): ((id: number | undefined) => string[]) => {
  const before = server.arrived.length;
  return (id) =>
    server.arrived
      .slice(before)
      .filter(({ path }) => new RegExp(`^/repositories/${id}/(?:issues$|git/trees/)`, 'u').test(path))
      .map(({ path, query }) => (path.endsWith('/issues') ? `issues${query.includes('since=') ? ' since' : ''}` : 'files'));
};

test('a first listing that breaks off goes on with the repository it had come to', async () => {
  const company = await brokenOff();
  const { source, repositories, whoSees, keys } = company;
  const [first, second, third, fourth] = repositories;
  const asked = askedFrom(company);
  expect(await source.sync({ due: LISTING })).toMatchObject({ status: 'complete' });
  expect([asked(first), asked(second)]).toEqual([['issues since'], ['issues since']]);
  expect([asked(third), asked(fourth)]).toEqual([
    ['issues', 'files'],
    ['issues', 'files'],
  ]);
  expect(await whoSees(keys.secret)).toEqual(['ada', 'cyd', 'dan', 'gus']);
  expect(await source.differs()).toEqual([]);
});

test('the next listing is a whole one again', async () => {
  const company = await brokenOff();
  const { source, repositories } = company;
  await source.sync({ due: LISTING });
  const asked = askedFrom(company);
  expect(await source.sync({ due: LISTING })).toMatchObject({ status: 'complete' });
  for (const id of repositories) expect([id, asked(id)]).toEqual([id, ['issues', 'files']]);
});

test('what came, changed and went meanwhile is as it would be without a break', async () => {
  const company = await brokenOff();
  const { server, source, secret, team, repositories, whoSees, keys } = company;
  await server.edit(secret, 1, { title: 'Autumn plan' });
  server.world.organisations.get('acme')?.teams.get(team)?.members.delete('cyd');
  await server.issue(await server.repository('fifth', 'private'), { title: 'New' });
  await server.file(repositories[2] ?? 0, 'docs/late.md', 'late');
  await source.sync({ due: LISTING });
  expect(await source.finds('ada', 'autumn')).toEqual([`app:${keys.secret}`]);
  expect(await whoSees(keys.secret)).toEqual(['ada', 'dan', 'gus']);
  expect(await source.differs({ but: LEFT })).toEqual([]);
});

test('a run for permissions alone comes between, and it goes on all the same', async () => {
  const company = await brokenOff();
  const { source, repositories, open } = company;
  await source.sync({ due: { listing: false, permissions: true, content: false } });
  const asked = askedFrom(company);
  await source.sync({ due: LISTING });
  expect([asked(open), asked(repositories[3])]).toEqual([['issues since'], ['issues', 'files']]);
  expect(await source.differs()).toEqual([]);
});

test('where a repository that was read is gone, it begins anew, and nothing of that is left', async () => {
  const company = await brokenOff();
  const { server, source, secret, open } = company;
  await server.delete(open);
  const asked = askedFrom(company);
  await source.sync({ due: LISTING });
  expect(asked(secret)).toEqual(['issues', 'files']);
  expect(await source.differs({ but: LEFT })).toEqual([]);
});

test('after a day, or with other settings, it begins anew', async () => {
  const late = await brokenOff();
  const ofLate = askedFrom(late);
  late.source.clock.now += 25 * HOUR;
  await late.source.sync({ due: LISTING });
  expect(ofLate(late.secret)).toEqual(['issues', 'files']);

  const other = await brokenOff();
  const ofOther = askedFrom(other);
  const settings = githubSettings(other.server, { files: ['docs/**'], exclude: ['fourth'] });
  expect(await other.source.sync({ due: LISTING, settings })).toMatchObject({ status: 'complete' });
  expect(ofOther(other.secret)).toEqual(['issues', 'files']);
});
