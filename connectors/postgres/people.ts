import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { isName, type Member, memberSchema } from '../../src/core/principal.ts';
import type { Session } from './api.ts';
import type { Settings } from './settings.ts';

const ACCOUNTS_MAX = 100_000;
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
  /** The same for the same people. */
  readonly digest: string;
}

const truth = z.enum(['true', 'false', 't', 'f']).transform((written) => written.startsWith('t'));
const accountRow = z.object({
  id: z.string().refine(isName),
  email: z.string().nullish(),
  name: z.string().nullish(),
  active: truth.nullable().default(true),
  kind: z.enum(['member', 'guest']).default('member'),
  role: z.string().nullish(),
});
const memberRow = z.object({ name: z.string().refine(isName), member: z.string() });

/** Asks the two queries of the settings. One row a person and e-mail; a person who is listed twice differently is inactive. */
export const readPeople = async (session: Session, source: string, settings: Settings): Promise<People> => {
  const rows = await session.rows(accountRow, `SELECT * FROM (${settings.accounts}) AS accounts LIMIT ${ACCOUNTS_MAX + 1}`);
  if (rows.length > ACCOUNTS_MAX)
    throw new AppError('config', `sources.${source}.accounts gives more than ${ACCOUNTS_MAX} rows.`);
  const accounts = [...Map.groupBy(rows, ({ id }) => id)].map(([id, of]): RoledAccount => {
    const [first] = of;
    const emails = [...new Set(of.flatMap(({ email }) => (email ? [email] : [])))].toSorted();
    const alike = of.every(({ active, kind, role }) => active === first?.active && kind === first.kind && role === first.role);
    return {
      account: {
        id,
        ...(first?.name ? { name: first.name } : {}),
        emails,
        active: alike && first?.active === true,
        kind: first?.kind ?? 'guest',
      },
      ...(first?.role ? { role: first.role } : {}),
    };
  });
  const members =
    settings.groups === undefined
      ? []
      : await session.rows(memberRow, `SELECT * FROM (${settings.groups}) AS members LIMIT ${MEMBERS_MAX + 1}`);
  if (members.length > MEMBERS_MAX) throw new AppError('config', `sources.${source}.groups gives more than ${MEMBERS_MAX} rows.`);
  const ids = new Set(accounts.map(({ account }) => account.id));
  const groups = new Map(
    [...Map.groupBy(members, ({ name }) => name)]
      .map(([name, of]) => [name, [...new Set(of.map(({ member }) => memberOf(source, ids, member)))].toSorted()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  accounts.sort((a, b) => (a.account.id < b.account.id ? -1 : 1));
  const digest = createHash('sha256')
    .update(JSON.stringify([accounts, [...groups]]))
    .digest('hex');
  return { accounts, groups, digest };
};

/** A member without a kind is the id of an account. So is one that somebody's id is like: whoever chooses an id chooses no principal. */
const memberOf = (source: string, ids: ReadonlySet<string>, written: string): Member => {
  const isPrincipal = /^(?:user|group|person|org|domain):|^everyone$/u.test(written) && !ids.has(written);
  const parsed = memberSchema.safeParse(isPrincipal ? written : `user:${written}`);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'source_changed',
    `sources.${source}.groups names a member that is none. Nothing was changed; correct the query.`,
  );
};

/** What a run says of them. */
export function* peopleChanges({ accounts, groups }: People): Generator<Change<never>> {
  for (const { account } of accounts) yield { type: 'account', account };
  for (const [group, members] of groups) {
    let rest = members;
    for (; rest.length > PAGE; rest = rest.slice(PAGE))
      yield { type: 'members', group, members: rest.slice(0, PAGE), more: true };
    yield { type: 'members', group, members: rest };
  }
}
