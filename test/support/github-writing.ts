import type { Settings } from '../../connectors/github/settings.ts';
import { github } from '../../connectors/github/sync.ts';
import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Aim, Intent, WriteAction } from '../../src/core/write.ts';
import type { Company } from './a-github-company.ts';
import { aConnectorRun } from './a-connector-run.ts';
import { githubSettings } from './github-settings.ts';

/** When everything happens: by the peer’s own clock. */
const NOW = new Date('2026-02-01T00:00:00Z');
export const LATER = new Date(NOW.getTime() + 3_600_000);
const ID = '0123456789abcdef0123456789abcdef';

export const actionNamed = (name: string): WriteAction<Settings> => {
  const action = github.writes?.find((one) => one.name === `github.${name}`);
  if (!action) throw new Error(`no action ${name}`);
  return action;
};

const accountOf = ({ server }: Company, login: string): Account => ({
  id: String(server.world.users.get(login) ?? 0),
  name: login,
  emails: [],
  active: true,
  kind: 'member',
});

/** A write in its steps, as whoever decides would take them. */
export const writing = (company: Company, name: string, aim: Aim, login = 'cyd') => {
  const action = actionNamed(name);
  const { server } = company;
  const as = accountOf(company, login);
  const run = (writes: boolean, now = NOW): Run<Settings, never> => {
    const { cursor: _, ...rest } = aConnectorRun(githubSettings(server), {
      folder: '/',
      fetch: server.fetchAs('crawler', { writes }),
    });
    return { ...rest, now: () => now };
  };
  const intent = (given: Partial<Intent> = {}): Intent => ({
    id: ID,
    action: action.name,
    aim,
    target: '',
    at: NOW,
    ...given,
  });
  return {
    may: async () => action.mayWrite(aim, run(false), as),
    preview: async () => action.preview(aim, run(false), as),
    commit: async (revision: string | undefined) =>
      action.commit(aim, run(true), as, {
        intent: intent(revision === undefined ? {} : { revision }),
        keep: async () => undefined,
      }),
    settle: async (given: Partial<Intent> = {}, now = NOW) => action.settle(aim, run(false, now), as, intent(given)),
  };
};

export const aboutSecret = (company: Company): Aim => ({ key: company.keys.secret, input: { body: 'Who brings the tea?' } });
export const create = (given: Readonly<Record<string, unknown>> = {}): Aim => ({
  input: { repository: 'acme/secret', title: 'Autumn plan', body: 'Leaves.', labels: [], ...given },
});
export const update = (company: Company, input: Readonly<Record<string, unknown>>): Aim => ({ key: company.keys.secret, input });
export const outcomeOf = async (outcome: Promise<unknown>): Promise<unknown> =>
  outcome.catch((error: unknown) => (error instanceof AppError ? error.code : error));
/** The calls that could write. */
export const written = ({ server }: Company): string[] =>
  server.arrived.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
