import type { Account } from '../../src/core/document.ts';
import { isName } from '../../src/core/principal.ts';
import { isEmail, readGroup, readUser, type User } from './api.ts';

/** The account that a pushed person is. */
export const accountOf = (id: string, value: unknown): Account => {
  const user = readUser(value);
  const name = nameOf(user);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    emails: emailsOf(user),
    active: user.active,
    kind: user.userType?.trim().toLowerCase() === 'guest' ? 'guest' : 'member',
  };
};

/** What a pushed group is called, as `org:<name>` has it, and the ids of its members. */
export const groupOf = (value: unknown): { readonly name: string; readonly members: readonly string[] } => {
  const { displayName: name, members } = readGroup(value);
  return { name, members: members.map(({ value: member }) => member) };
};

const nameOf = ({ displayName, name, userName }: User): string | undefined =>
  [displayName, name?.formatted, userName].find((one) => one !== undefined && isName(one));

/** The primary one first. Where there is none, providers often put it into the user name. */
const emailsOf = ({ emails, userName }: User): readonly string[] => {
  const sorted = emails.toSorted((a, b) => Number(b.primary ?? false) - Number(a.primary ?? false));
  return sorted.length === 0 && isEmail(userName) ? [userName] : sorted.map(({ value }) => value);
};
