import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { isName, type Member, memberSchema, normaliseEmail } from '../../src/core/principal.ts';
import type { Session } from './api.ts';
import type { Settings } from './settings.ts';

const ACCOUNTS_MAX = 100_000;
/** An account with more is none. */
const EMAILS_MAX = 100;
const MEMBERS_MAX = 1_000_000;
/** Members that are yielded at once. */
const PAGE = 10_000;

/** An account, and the role of the database that stands for it. */
export interface RoledAccount {
  readonly account: Account;
  readonly role?: string;
}

/** Whom the application knows. */
export interface People {
  readonly accounts: readonly RoledAccount[];
  readonly groups: ReadonlyMap<string, readonly Member[]>;
  /** What is wrong with accounts that were left out, and what to do, if any were. */
  readonly problem?: string;
  /** The same for the same people. */
  readonly digest: string;
}

const truth = z.enum(['true', 'false', 't', 'f']).transform((written) => written.startsWith('t'));
const accountRow = z.object({
  id: z.string().nullable(),
  email: z.string().nullish(),
  name: z.string().nullish(),
  active: z.string().nullish(),
  kind: z.string().nullish(),
  role: z.string().nullish(),
});
type AccountRow = z.infer<typeof accountRow>;
/** What an account is called that cannot be called by its own id: no id begins so. */
const UNSOUND = 'unsound account ';
const soundRow = z.object({
  id: z.string().refine((id) => isName(id) && !id.startsWith(UNSOUND)),
  email: z
    .string()
    .refine((email) => email === '' || isName(email))
    .nullish(),
  name: z.string().nullish(),
  active: truth.nullable().default(true),
  kind: z.enum(['member', 'guest']).default('member'),
  role: z.string().nullish(),
});
const memberRow = z.object({ name: z.string().refine(isName), member: z.string() });

/**
 * Asks the two queries of the settings. One row a person and e-mail; a person who is listed twice differently is inactive. An account
 * that is not as it should be is left out, and stops no other.
 */
export const readPeople = async (session: Session, source: string, settings: Settings): Promise<People> => {
  const { rows, members } = await session.asWritten(() => askedOf(session, settings));
  if (rows.length > ACCOUNTS_MAX)
    throw new AppError('config', `sources.${source}.accounts gives more than ${ACCOUNTS_MAX} rows.`);
  const accounts: RoledAccount[] = [];
  const unsound: AccountRow[] = [];
  for (const of of Map.groupBy(rows, ({ id }) => id).values()) {
    const account = accountOf(of);
    if (account) accounts.push(account);
    else unsound.push(...of);
  }
  if (members.length > MEMBERS_MAX) throw new AppError('config', `sources.${source}.groups gives more than ${MEMBERS_MAX} rows.`);
  const ids = new Set(rows.map(({ id }) => id ?? ''));
  const groups = new Map(
    [...Map.groupBy(members, ({ name }) => name)]
      .map(([name, of]) => [name, [...new Set(of.flatMap(({ member }) => memberOf(source, ids, member)))].toSorted()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  accounts.push(...unsound.flatMap(guestOf));
  accounts.sort((a, b) => (a.account.id < b.account.id ? -1 : 1));
  const digest = createHash('sha256')
    .update(JSON.stringify([accounts, [...groups], unsound.length]))
    .digest('hex');
  return { accounts, groups, digest, ...(unsound.length > 0 && { problem: problemOf(source, unsound.length) }) };
};

const askedOf = async (session: Session, { accounts, groups }: Settings) => ({
  rows: await session.rows(accountRow, `SELECT * FROM (${accounts}) AS accounts LIMIT ${ACCOUNTS_MAX + 1}`),
  members:
    groups === undefined ? [] : await session.rows(memberRow, `SELECT * FROM (${groups}) AS members LIMIT ${MEMBERS_MAX + 1}`),
});

/** The account of rows of one id; undefined where one of them is not as it should be. */
const accountOf = (rows: readonly AccountRow[]): RoledAccount | undefined => {
  const of = rows.flatMap((row) => soundRow.safeParse(row).data ?? []);
  const [first] = of;
  const emails = [...new Set(of.flatMap(({ email }) => (email ? [email] : [])))].toSorted();
  if (!first || of.length < rows.length || emails.length > EMAILS_MAX) return undefined;
  const alike = of.every(({ active, kind, role }) => active === first.active && kind === first.kind && role === first.role);
  const account = {
    id: first.id,
    ...(first.name ? { name: first.name } : {}),
    emails,
    active: alike && first.active === true,
    kind: first.kind,
  };
  return { account, ...(first.role ? { role: first.role } : {}) };
};

/** Of an account that is left out its e-mail still counts, as that of a guest who may see nothing: without it, more could be a member. */
const guestOf = ({ id, email }: AccountRow): RoledAccount[] => {
  const known = normaliseEmail(email ?? '');
  if (!isName(known)) return [];
  const hash = createHash('sha256')
    .update(JSON.stringify([id, email]))
    .digest('hex');
  return [{ account: { id: `${UNSOUND}${hash}`, emails: [known], active: false, kind: 'guest' } }];
};

const problemOf = (source: string, rows: number): string =>
  `sources.${source}.accounts gives ${rows} ${rows === 1 ? 'row' : 'rows'} of accounts that are none: an id or e-mail is empty, too long or holds control characters, or what they are is no known word. They see nothing. Correct them, or the query.`;

/** A member without a kind is the id of an account. So is one that somebody's id is like: whoever chooses an id chooses no principal. */
const memberOf = (source: string, ids: ReadonlySet<string>, written: string): Member[] => {
  const isPrincipal = /^(?:user|group|person|org|domain):|^everyone$/u.test(written) && !ids.has(written);
  const parsed = memberSchema.safeParse(isPrincipal ? written : `user:${written}`);
  if (parsed.success) return [parsed.data];
  if (ids.has(written)) return []; // an account that was left out
  throw new AppError(
    'source_changed',
    `sources.${source}.groups names a member that is none. Nothing was changed; correct the query.`,
  );
};

/** What a run says of them. */
export function* peopleChanges({ accounts, groups, problem }: People): Generator<Change<never>> {
  if (problem !== undefined)
    yield { type: 'problem', key: 'the query of accounts', error: new AppError('source_changed', problem) };
  for (const { account } of accounts) yield { type: 'account', account };
  for (const [group, members] of groups) {
    let rest = members;
    for (; rest.length > PAGE; rest = rest.slice(PAGE))
      yield { type: 'members', group, members: rest.slice(0, PAGE), more: true };
    yield { type: 'members', group, members: rest };
  }
}
