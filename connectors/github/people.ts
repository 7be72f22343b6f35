import type { Change } from '../../src/core/change.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import type { Access, Person } from './access.ts';
import { type Caller, isRefusal } from './api.ts';
import { forEach } from './lanes.ts';
import { askFor, PROFILE } from './replies.ts';

/** Members that are yielded at once. */
const PAGE = 10_000;

/** What a run says of whom it met, of those it met before and not now, and of the groups they are in. */
export async function* peopleChanges(
  caller: Caller,
  { people, groups }: Access,
  departed: readonly number[],
): AsyncGenerator<Change<never>> {
  const emailOf = emailsOf(caller.settings.people);
  const met = await forEach([...people], async ([id, person]) => {
    const own = emailOf(person.login);
    const email = own ?? (caller.settings.profile_emails ? await profileEmail(caller, id, person) : undefined);
    return { account: accountOf(id, person, email instanceof AppError ? undefined : email), email };
  });
  for (const { account } of met) yield { type: 'account', account };
  for (const id of departed) yield { type: 'account', account: { id: String(id), emails: [], active: false, kind: 'guest' } };
  for (const { account, email } of met)
    if (email instanceof AppError) yield { type: 'problem', key: `user:${account.id}`, error: email };
  for (const [group, members] of groups) {
    if ('unknown' in members) {
      yield { type: 'members', group, members };
      continue;
    }
    let rest = members;
    for (; rest.length > PAGE; rest = rest.slice(PAGE))
      yield { type: 'members', group, members: rest.slice(0, PAGE), more: true };
    yield { type: 'members', group, members: rest };
  }
}

const accountOf = (id: number, { login, kind }: Person, email: string | undefined): Account => ({
  id: String(id),
  name: login,
  emails: email === undefined ? [] : [email],
  active: true,
  kind,
});

/** GitHub takes a login in any case for the same one. */
const emailsOf = (people: Readonly<Record<string, string>>): ((login: string) => string | undefined) => {
  const emails = new Map(Object.entries(people).map(([login, email]) => [login.toLowerCase(), email]));
  return (login) => emails.get(login.toLowerCase());
};

/** The e-mail somebody shows to everybody. A profile that meanwhile is another's says nothing of them. */
const profileEmail = async (caller: Caller, id: number, { login }: Person): Promise<string | AppError | undefined> => {
  const profile = await askFor(caller, PROFILE, { what: `the profile of ${login}`, path: path`/users/${login}` });
  if (isRefusal(profile)) return profile.refused;
  return profile.id === id ? (profile.email ?? undefined) : undefined;
};
