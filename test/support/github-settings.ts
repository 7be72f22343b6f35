import { type Settings, settingsSchema } from '../../connectors/github/settings.ts';
import { type AGitHub, USERS } from './a-github.ts';

/** What a source of it is configured with. */
export const githubSettings = ({ url }: Pick<AGitHub, 'url'>, given: Readonly<Record<string, unknown>> = {}): Settings => {
  const people = Object.fromEntries(USERS.filter((login) => login !== 'crawler').map((login) => [login, `${login}@acme.test`]));
  const all = Object.entries({ url, organisation: 'acme', people, ...given }).filter(([, value]) => value !== undefined);
  return settingsSchema.parse(Object.fromEntries(all));
};
