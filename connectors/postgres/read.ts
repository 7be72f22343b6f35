import type { Run } from '../../src/core/connector.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import { accessOf } from './access.ts';
import { asked } from './api.ts';
import { tablesOf } from './catalog.ts';
import { documentOf, ROW_MAX, rowSchema, valuesOf } from './map.ts';
import { readPeople } from './people.ts';
import { listsOf, selectRows } from './rows.ts';
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
    const [row] = await session.rows(
      rowSchema,
      selectRows(table, { wanted: true, most: ROW_MAX }),
      listsOf(keys, table.key.length),
    );
    if (!row) return 'gone';
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

const neverThere = (): never => {
  throw new Error('a table that was found is not there');
};
