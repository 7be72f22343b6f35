import { github } from '../../connectors/github/sync.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import type { Company } from './a-github-company.ts';
import { aConnectorRun } from './a-connector-run.ts';
import { githubSettings } from './github-settings.ts';

/** What the connector says of one document, live: to somebody, or to nobody in particular. */
export const askedLive = async (
  { server }: Pick<Company, 'server'>,
  key: string,
  login?: string,
  given: Readonly<Record<string, unknown>> = {},
): Promise<SourceDocument | 'gone' | 'forbidden' | undefined> => {
  const settings = githubSettings(server, { files: ['docs/**'], ...given });
  const { cursor: _, ...run } = aConnectorRun(settings, { folder: '/', fetch: server.fetchAs('crawler') });
  const id = String(server.world.users.get(login ?? '') ?? 0);
  const as: Account = { id, name: login ?? '', emails: [], active: true, kind: 'member' };
  return github.read?.(key, run, login === undefined ? undefined : as);
};
