import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';
import { assertSecured, isNobody, isRole } from './access.ts';
import { asked, OWN_PATH, type Session, sqlState } from './api.ts';
import { type Table, tablesOf } from './catalog.ts';
import { readPeople, type RoledAccount } from './people.ts';
import { become, settingsOf } from './person.ts';
import type { Settings } from './settings.ts';

/** How long one statement may take, and wait for others, in ms. */
const STATEMENT = 8_000;
const LOCK = 2_000;

/** A transaction in which a table is asked as a person, or as ourselves. It begins as ourselves. */
export interface Asker {
  readonly source: string;
  readonly session: Session;
  readonly table: Table;
  /** All accounts, with their roles, as of now. */
  readonly people: readonly RoledAccount[];
  asPerson(): Promise<void>;
  asOurselves(): Promise<void>;
  /** Makes durable what was written. Nothing can be asked after that. */
  commit(): Promise<void>;
}

/** As whom, about which table, and whether the transaction is for more than reading. */
interface Asked {
  readonly name: string;
  readonly as: Account;
  readonly writes: boolean;
}

/**
 * Works in a transaction of one snapshot: a row that is changed meanwhile cannot be written in it. Undefined where the table is not
 * one that may be written, or no role of the database stands for the account. What the work has not committed is undone.
 */
export const askedAs = async <T>(
  run: Run<Settings, never>,
  { name, as, writes }: Asked,
  work: (asker: Asker) => Promise<T>,
): Promise<T | undefined> =>
  asked(run, async (session) => {
    const { source, settings } = run;
    const given = Object.hasOwn(settings.tables, name) ? settings.tables[name] : undefined;
    const { rls } = given?.permissions ?? {};
    if (!given?.writable || !rls) return undefined;
    const [table] = await tablesOf(session, source, { ...settings, tables: { [name]: given } });
    if (!table) return undefined;
    await session.run(`BEGIN ISOLATION LEVEL REPEATABLE READ ${writes ? 'READ WRITE' : 'READ ONLY'}`);
    await session.run(`SET LOCAL statement_timeout = ${STATEMENT}; SET LOCAL lock_timeout = ${LOCK}`);
    const { accounts: people } = await readPeople(session, source, settings);
    const person = people.find(({ account }) => account.id === as.id && account.active);
    const role = rls.role ?? person?.role;
    if (!person || role === undefined || !isRole(role)) return undefined;
    const own = await settingsOf(session, [role]);
    const settled = [...own(role), ...(rls.setting === undefined ? [] : [[rls.setting, as.id] as const])];
    const asPerson = async (): Promise<void> => {
      if (!(await become(session, role, settled))) throw notTheirs();
    };
    const asOurselves = (): Promise<void> => session.run(`SET LOCAL ROLE NONE; SET LOCAL search_path = ${OWN_PATH}`);
    try {
      if (!(await become(session, role, settled))) return undefined;
      if (rls.role !== undefined) await assertSecured(session, source, table, role);
      await asOurselves();
    } catch (error) {
      if (isNobody(error)) return undefined;
      throw error;
    }
    let ended = false;
    const commit = async (): Promise<void> => {
      await session.run('COMMIT');
      ended = true;
    };
    const worked = await work({ source, session, table, people, asPerson, asOurselves, commit });
    if (!ended) await session.run('ROLLBACK');
    return worked;
  });

/** One answer where a row is not there, is not to be seen, and may not be written. */
export const notTheirs = (): AppError =>
  new AppError('not_found', 'There is no such row to write, or it is not for this account to write it.');

/** Did the database refuse a right? */
export const isForbidden = (error: unknown): boolean => sqlState(error) === '42501';

/** What the database said no with, in words that tell of nobody else’s rows: its own may quote them. */
const refusal = (error: unknown): unknown => {
  const state = sqlState(error);
  const known = state === undefined ? undefined : REFUSALS.find(({ states }) => states.test(state));
  return known ? new AppError(known.code, known.message) : error; // without its cause, which may quote values
};

const REFUSALS: readonly { readonly states: RegExp; readonly code: ErrorCode; readonly message: string }[] = [
  { states: /^42501$/u, code: 'forbidden', message: 'The database does not let this account write this. Nothing was written.' },
  {
    states: /^(?:23505|23503|23P01)$/u,
    code: 'conflict',
    message: 'It does not go together with what the database holds. Nothing was written; look again, and write something else.',
  },
  {
    states: /^(?:40001|40P01|55P03)$/u,
    code: 'conflict',
    message: 'Somebody else is changing the same. Nothing was written; look at it and ask again.',
  },
  {
    states: /^23502$/u,
    code: 'invalid_input',
    message: 'A column that must hold something was left empty. Nothing was written; fill it.',
  },
  {
    states: /^(?:22|23|P0001|44000)/u,
    code: 'invalid_input',
    message:
      'A value is not of the kind its column takes, or a rule of the database refuses it. Nothing was written; correct it.',
  },
];

/** Does this, and says what the database refuses. */
export const unlessRefused = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw refusal(error);
  }
};
