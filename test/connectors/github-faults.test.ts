import { describe, expect, test } from 'vitest';

import { commentKey, issueKey } from '../../connectors/github/map.ts';
import { OPERATIONS } from '../../connectors/github/calls.ts';
import { github } from '../../connectors/github/sync.ts';
import { brokenPromises, COURSES, type Ends, type FaultCase } from '../contracts/fault-contract.ts';
import { httpFaults, type ProxiedWorld } from '../contracts/http-faults.ts';
import { aFaultProxy, type HttpFault } from '../support/a-fault-proxy.ts';
import { aGitHub } from '../support/a-github.ts';
import { githubSettings } from '../support/github-settings.ts';
import { HAS_GIT } from '../support/a-github-wiki.ts';
import { aWayOut } from '../support/a-way-out.ts';

const PEOPLE = ['ada', 'bob', 'cyd', 'mallory'];
const ISSUES = 25;

/** Two private repositories: a team's, and one of somebody from outside. */
const aFaultyGitHub = async ({ wiki = false, issues = ISSUES } = {}) => {
  const server = await aGitHub();
  server.pageSize = 3;
  for (const login of ['ada', 'bob']) server.world.organisations.get('acme')?.members.set(login, 'member');
  const secret = await server.repository('secret', 'private');
  const plans = await server.repository('plans', 'private');
  const team = server.team(secret, 'eng', ['ada', 'bob']);
  server.collaborate(plans, 'cyd');
  const keys = new Map<string, number>();
  const issue = async (repository: number, title: string): Promise<void> => {
    keys.set(issueKey(repository, await server.issue(repository, { title, body: 'of the spring' })), repository);
  };
  for (let at = 1; at <= issues; at += 1) await issue(secret, `Spring ${at}`);
  await issue(plans, 'Spring plan');
  const comment = await server.comment(secret, issues, 'a spring remark');
  keys.set(commentKey('comment', secret, comment), secret);

  const page = async (name: string, text: string | undefined): Promise<void> => {
    await server.wiki(secret, { [name]: text });
    if (text === undefined) keys.delete(`page:${secret}/${name}`);
    else keys.set(`page:${secret}/${name}`, secret);
  };
  if (wiki) for (const name of ['Home.md', 'Old.md']) await page(name, `${name} of the spring`);

  const proxy = await aFaultProxy(server.url, { items: '', next: 'link' });
  const { fetch, clock } = aWayOut({
    name: 'app',
    hosts: [proxy.host],
    operations: OPERATIONS,
    authorise: {
      headers: async () => ({ authorization: `Bearer ${server.tokenOf('crawler')}` }),
      remedy: 'Bring another token.',
    },
  });
  const world: ProxiedWorld = {
    proxy,
    clock,
    struck: () => proxy.struck,
    sight: () =>
      Object.fromEntries(PEOPLE.map((who) => [who, [...keys].filter(([, of]) => server.sees(who, of)).map(([key]) => key)])),
    async change() {
      if (wiki)
        for (const [name, text] of [
          ['New.md', 'a new spring'],
          ['Old.md', undefined],
        ] as const)
          await page(name, text);
      await issue(secret, 'Spring, new');
      await server.edit(secret, 2, { body: 'of another spring' });
      await server.deleteComment(secret, issues, comment);
      keys.delete(commentKey('comment', secret, comment));
      server.world.organisations.get('acme')?.teams.get(team)?.members.delete('bob');
    },
  };
  return { world, connector: github, settings: githubSettings(proxy), fetch };
};

/** Pages begin where in time the last one ended, so no cursor leads anywhere. Nothing at GitHub says how many there are. */
const CASES: readonly FaultCase<ProxiedWorld>[] = httpFaults<ProxiedWorld>({
  listing: 'GET /repositories/*/issues',
  people: 'GET /repositories/*/teams',
  title: '1.title',
  text: { on: 'GET /repositories/*/issues', at: '0.body' },
  nothing: { 'the first run': 'unseen', 'the next run': 'unseen', 'a whole listing': { told: /lacks \d+ of \d+ documents/u } },
  twice: { told: /in another order than was asked for/u },
  circle: { 'the next run': { told: /do not follow one another/u } },
});

const WIKI = { refs: 'GET /acme/secret.wiki.git/info/refs', pack: 'POST /acme/secret.wiki.git/git-upload-pack' };

/** One call of git goes wrong, and once more is asked where that does no harm. */
const ofWiki = (name: string, fault: HttpFault, on: string, ends: Ends, times = 1): FaultCase<ProxiedWorld> => ({
  name,
  begin: ({ proxy }) => proxy.script([{ on, fault, times }]),
  end: ({ proxy }) => proxy.script([]),
  ends,
});

const NO_WIKI = /did not give the wiki|There was one|permission “Contents”/u;
const WIKI_CASES: readonly FaultCase<ProxiedWorld>[] = [
  ...[401, 403].map((status) => ofWiki(`${status} for a wiki`, { kind: 'status', status }, WIKI.refs, { told: NO_WIKI }, 9)),
  ...[401, 403, 404].map((status) => ofWiki(`${status} for a pack`, { kind: 'status', status }, WIKI.pack, { told: NO_WIKI }, 9)),
  ofWiki('500 once for a wiki', { kind: 'status', status: 500 }, WIKI.refs, 'mended'),
  ofWiki('500 for a pack', { kind: 'status', status: 500 }, WIKI.pack, { told: /failed \(500/u }, 9),
  ofWiki('a reset where a wiki is asked for', { kind: 'reset' }, WIKI.refs, 'mended'),
  ofWiki('a reset where a pack is', { kind: 'reset' }, WIKI.pack, { told: /could not be made/u }, 9),
  ofWiki('half a list of branches', { kind: 'half' }, WIKI.refs, { told: /broke off/u }),
  ofWiki('half a pack', { kind: 'half' }, WIKI.pack, { told: /broke off/u }),
  ofWiki('HTML instead of branches', { kind: 'html' }, WIKI.refs, { told: /what git cannot read/u }),
  ofWiki('HTML instead of a pack', { kind: 'html' }, WIKI.pack, { told: /what git cannot read/u }),
];

describe.skipIf(!HAS_GIT).each(COURSES)('with a wiki, in %s', (course) => {
  test.each(WIKI_CASES.map((fault) => [fault.name, fault] as const))('promises are kept through %s', async (_, fault) => {
    expect(await brokenPromises(await aFaultyGitHub({ wiki: true, issues: 5 }), fault, course)).toEqual([]);
  });
});

describe.each(COURSES)('in %s', (course) => {
  test.each(CASES.map((fault) => [fault.name, fault] as const))('promises are kept through %s', async (_, fault) => {
    expect(await brokenPromises(await aFaultyGitHub(), fault, course)).toEqual([]);
  });
});
