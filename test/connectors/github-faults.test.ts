import { describe, expect, test } from 'vitest';

import { commentKey, issueKey } from '../../connectors/github/map.ts';
import { OPERATIONS } from '../../connectors/github/calls.ts';
import { github } from '../../connectors/github/sync.ts';
import { brokenPromises, COURSES, type FaultCase } from '../contracts/fault-contract.ts';
import { httpFaults, type ProxiedWorld } from '../contracts/http-faults.ts';
import { aFaultProxy } from '../support/a-fault-proxy.ts';
import { aGitHub, githubSettings } from '../support/a-github.ts';
import { aWayOut } from '../support/a-way-out.ts';

const PEOPLE = ['ada', 'bob', 'cyd', 'mallory'];
const ISSUES = 25;

/** Two private repositories: a team's, and one of somebody from outside. */
const aFaultyGitHub = async () => {
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
  for (let at = 1; at <= ISSUES; at += 1) await issue(secret, `Spring ${at}`);
  await issue(plans, 'Spring plan');
  const comment = await server.comment(secret, ISSUES, 'a spring remark');
  keys.set(commentKey('comment', secret, comment), secret);

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
      await issue(secret, 'Spring, new');
      await server.edit(secret, 2, { body: 'of another spring' });
      await server.deleteComment(secret, ISSUES, comment);
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

describe.each(COURSES)('in %s', (course) => {
  test.each(CASES.map((fault) => [fault.name, fault] as const))('promises are kept through %s', async (_, fault) => {
    expect(await brokenPromises(await aFaultyGitHub(), fault, course)).toEqual([]);
  });
});
