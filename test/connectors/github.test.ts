import { github } from '../../connectors/github/sync.ts';
import { connectorContract } from '../contracts/connector-contract.ts';
import { aGitHub } from '../support/a-github.ts';
import { githubSettings } from '../support/github-settings.ts';
import { HAS_GIT } from '../support/a-github-wiki.ts';

const server = await aGitHub('file');

connectorContract(github, {
  settings: githubSettings(server, { files: ['docs/**'] }),
  fetch: () => server.fetchAs('crawler'),
  prepare: async () => {
    for (const id of server.world.repositories.keys()) await server.delete(id);
    server.world.organisations.get('acme')?.members.set('ada', 'member').set('bob', 'member');
    const secret = await server.repository('secret', 'private');
    const open = await server.repository('open', 'public');
    server.team(secret, 'eng', ['ada']);
    for (const id of [secret, open]) {
      const number = await server.issue(id, { title: 'Spring plan', body: 'of the spring' });
      await server.comment(id, number, 'Fine.');
      await server.file(id, 'docs/guide.md', '# Guide');
      if (HAS_GIT) await server.wiki(id, { 'Home.md': '# Home' });
      await server.reviewComment(id, await server.pull(id, { title: 'Spring work' }), 'Why so?');
    }
  },
});
