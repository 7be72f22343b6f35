import type { Run } from '../../src/core/connector.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import { accessOf } from './access.ts';
import { asked, type Session, sqlState } from './api.ts';
import { type Table, tablesOf } from './catalog.ts';
import { documentOf, keyOf, ROW_MAX, type Row, rowSchema, valuesOf } from './map.ts';
import { readPeople } from './people.ts';
import { castKeys, listsOf, selectRows } from './rows.ts';
import type { Settings } from './settings.ts';

/**
 * One row, now. Where row security decides, the database is asked as the person: as `as`, or else as every account. A row that is
 * there and that they may not see is `forbidden`.
 */
export const readRow = async (
  key: string,
  run: Run<Settings, never>,
  as?: Account,
): Promise<SourceDocument | 'gone' | 'forbidden'> =>
  asked(run, async (session) => {
    const { source, settings } = run;
    const name = key.slice(0, Math.max(key.indexOf('/'), 0));
    if (!Object.hasOwn(settings.tables, name)) return 'gone';
    const [table] = await tablesOf(session, source, { ...settings, tables: { [name]: settings.tables[name] ?? neverThere() } });
    const values = table && valuesOf(table, key);
    if (!table || !values) return 'gone';
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const keys = [values];
    const row = await rowOf(session, table, keys);
    // A type may take a value for another: of a row that is called otherwise nothing is said.
    if (!row || keyOf(table, row) !== key) return 'gone';
    const people = await readPeople(session, source, settings);
    const accounts =
      as && table.settings.permissions.rls ? people.accounts.filter(({ account }) => account.id === as.id) : people.accounts;
    const access = await accessOf(session, table, { source, accounts, keys });
    const acl = access.aclOf(row);
    const said = documentOf(table, row, acl);
    if ('refused' in said) return 'forbidden';
    const { document } = said;
    if (!table.settings.permissions.rls) return document;
    const readers = access.containers.flatMap((change) =>
      change.type === 'container' && 'terms' in change.acl ? change.acl.terms[0].allow : [],
    );
    if (readers.length === 0) return 'forbidden';
    // Nobody can look up a container that no run has stored, so the readers are named themselves.
    return { ...document, acl: { terms: [{ allow: readers, deny: [], from: `row-level security of ${table.name}` }] } };
  });

const rowOf = async (session: Session, table: Table, keys: readonly (readonly string[])[]): Promise<Row | undefined> => {
  const lists = listsOf(keys, table.key.length);
  try {
    const [row] = await session.rows(rowSchema, selectRows(table, { wanted: true, most: ROW_MAX }), lists);
    return row;
  } catch (error) {
    if (!isRefusedValue(error)) throw error;
    await session.run('ROLLBACK');
    if (await canBeKey(session, table, lists)) throw error;
    return undefined;
  }
};

/** Was it the key that the types of its columns refuse? They may be others than when it was stored, and then no row has it. */
const canBeKey = async (session: Session, table: Table, lists: readonly (readonly string[])[]): Promise<boolean> => {
  try {
    await session.run(castKeys(table), lists);
    return true;
  } catch (error) {
    if (isRefusedValue(error)) return false;
    throw error;
  }
};

/** Of a value: it is none of its type, or none of its domain. */
const isRefusedValue = (error: unknown): boolean => /^22|^23514$/u.test(sqlState(error) ?? '');

const neverThere = (): never => {
  throw new Error('a table that was found is not there');
};
