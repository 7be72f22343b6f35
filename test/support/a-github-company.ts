import { github } from '../../connectors/github/sync.ts';
import type { Settings } from '../../connectors/github/settings.ts';
import type { Freshness } from '../../src/core/freshness.ts';
import { aConnectedSource, type ConnectedSource } from './a-connected-source.ts';
import { type AGitHub, aGitHub } from './a-github.ts';
import { githubSettings } from './github-settings.ts';

/** Everybody who could ask: owner, members, of a team, of a team below it, outside collaborator, invited, stranger. */
export const PEOPLE = ['ada', 'bob', 'cyd', 'dan', 'gus', 'eve', 'mallory'] as const;

/**
 * An organisation on its GitHub: ada owns it; bob, cyd and dan are members. Of the private repository `secret`, cyd is in the team,
 * dan in the team below that one, gus collaborates from outside, and eve was invited and is not in.
 */
export interface Company {
  readonly server: AGitHub;
  readonly source: ConnectedSource<Settings>;
  readonly secret: number;
  readonly open: number;
  readonly team: number;
  /** Of an issue in each, and of a comment and a file in `secret`. */
  readonly keys: { readonly secret: string; readonly open: string; readonly comment: string; readonly file: string };
  /** Who of all may fetch a document. */
  readonly whoSees: (key: string) => Promise<string[]>;
}

/** Founds one, and reads nothing of it yet. Gone with the test. */
export const aCompany = async (given: Readonly<Record<string, unknown>> = {}, freshness?: Freshness): Promise<Company> => {
  const server = await aGitHub();
  const { members } = server.world.organisations.get('acme') ?? missing();
  members.set('ada', 'admin').set('bob', 'member').set('cyd', 'member').set('dan', 'member');
  const secret = await server.repository('secret', 'private');
  const open = await server.repository('open', 'public');
  const team = server.team(secret, 'eng', ['cyd']);
  server.team(open, 'platform', ['dan'], team);
  server.collaborate(secret, 'gus');
  server.world.repositories.get(secret)?.invited.set('eve', 'pull');
  const number = await server.issue(secret, { title: 'Spring plan', body: 'what we do in spring' });
  const other = await server.issue(open, { title: 'Open plan', body: 'spring for all' });
  const comment = await server.comment(secret, number, 'Spring it is.');
  await server.file(secret, 'docs/guide.md', '# Guide\n\nTo the spring.');
  const settings = githubSettings(server, { files: ['docs/**'], ...given });
  const source = await aConnectedSource(github, settings, { fetch: server.fetchAs('crawler'), ...(freshness && { freshness }) });
  return {
    server,
    source,
    secret,
    open,
    team,
    keys: {
      secret: `issue:${secret}/${number}`,
      open: `issue:${open}/${other}`,
      comment: `comment:${secret}/${comment}`,
      file: `file:${secret}/docs/guide.md`,
    },
    async whoSees(key) {
      const seen: string[] = [];
      for (const who of PEOPLE) if ((await source.fetched(who, key)) !== undefined) seen.push(who);
      return seen;
    },
  };
};

/** What is left of whoever is met nowhere any more: an account that is inactive, and a group that holds nobody. */
export const LEFT = /^(?:account .*"active":0,.*"email":null|members .*"member":null)/u;

const missing = (): never => {
  throw new Error('there is no organisation');
};
