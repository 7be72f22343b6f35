import { escapeIdentifier } from 'pg';
import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import { AppError } from '../../src/core/errors.ts';
import { accessOf } from './access.ts';
import type { Table } from './catalog.ts';
import { documentOf, keyOf, type Row, rowSchema } from './map.ts';
import { asKey } from './rows.ts';
import { type Asker, notTheirs } from './write-person.ts';
import type { Written } from './write-values.ts';

/** A row of these values of its key. */
export type Key = readonly string[];

/** More names than an acl holds: then it is everybody, who are more. */
const READERS_MAX = 10_000;

/** The condition that is bound to a key from `$first` on. */
export const isKey = ({ key, keyTypes }: Table, first = 1): string =>
  key
    .map((column, index) => {
      const { equals = 'pg_catalog', type = 'pg_catalog.text' } = keyTypes[index] ?? {};
      return `t.${escapeIdentifier(column)} OPERATOR(${equals}.=) $${first + index}::pg_catalog.text::${type}`;
    })
    .join(' AND ');

/** The columns of a key, as they stand in the key of a document. */
export const keyColumns = ({ key }: Table): string => key.map((column) => asKey('t', column)).join(', ');

/** What is shown of a row and these columns, as the person sees it; undefined where they see none. */
export const seen = async (
  { session, table }: Asker,
  key: Key,
  { more = [], lock = '' }: { readonly more?: readonly string[]; readonly lock?: string } = {},
): Promise<Row | undefined> => {
  const columns = [...new Set([...table.columns, ...more])].map(
    (column) => `t.${escapeIdentifier(column)}::text AS ${escapeIdentifier(column)}`,
  );
  const [row] = await session.rows(
    rowSchema,
    `SELECT ${columns.join(', ')} FROM ONLY ${table.from} AS t WHERE ${isKey(table)} ${lock}`,
    key,
  );
  return row;
};

const versionSchema = z.object({ version: z.string() });

/** The revision of a row: which transaction wrote it. It moves with any change, also of what is not shown. Asked as ourselves. */
export const versionOf = async ({ session, table }: Asker, key: Key): Promise<string> => {
  const [row] = await session.rows(
    versionSchema,
    `SELECT t.xmin::text AS version FROM ONLY ${table.from} AS t WHERE ${isKey(table)}`,
    key,
  );
  if (!row) throw notTheirs();
  return row.version;
};

/** Rejects with `conflict` where the row is not what was decided about. */
export const assertVersion = (version: string, decided: string | undefined): void => {
  if (version === decided) return;
  throw new AppError('conflict', 'The row is not any more what it was. Nothing was written; look at it and ask again.');
};

/** The row that was written, if it is what was decided and the person sees it; else nothing may be committed. */
export const assertWritten = async (asker: Asker, key: Key, written: readonly Written[]): Promise<Row> => {
  const row = await seen(asker, key, { more: written.map(({ column }) => column) });
  if (!row) throw declined();
  const other = written.find(({ column, after }) => row[column] !== after);
  if (!other) return row;
  throw new AppError(
    'conflict',
    `The database makes something else of ${other.column} than was decided, by a rule of its own. Nothing was written.`,
  );
};

/** A rule of the database let nothing come of it. */
export const declined = (): AppError =>
  new AppError('conflict', 'By a rule of the database nothing comes of this that this account could see. Nothing was written.');

/** The address of a row, where it has one. */
export const urlOf = (table: Table, row: Row): { readonly url?: string } => {
  const said = documentOf(table, row, { unknown: 'nobody is asked' });
  return 'refused' in said || said.document.url === undefined ? {} : { url: said.document.url };
};

/** As a person calls a row. */
export const calledOf = ({ name }: Table, key: Key): string => `row ${key.join(', ')} of ${name}`;

/** The key of its document. */
export const documentKey = (table: Table, key: Key): string =>
  keyOf(table, Object.fromEntries(table.key.map((column, index) => [column, key[index] ?? ''])));

/** Who sees a row now. Asked as ourselves. */
export const readersOf = async ({ session, source, table, people }: Asker, key: Key): Promise<Acl> => {
  const { containers } = await accessOf(session, table, { source, accounts: people, keys: [key] });
  const allow = containers.flatMap((change) =>
    change.type === 'container' && 'terms' in change.acl ? change.acl.terms[0].allow : [],
  );
  return { terms: [{ allow, deny: [], from: `row-level security of ${table.name}` }] };
};

const roleSchema = z.object({ role: z.string() });

/** Who could see any row of a table at all: nobody knows which of them see one before it is there. Asked as ourselves. */
export const possibleReaders = async ({ session, table, people }: Asker): Promise<Acl> => {
  const fixed = table.settings.permissions.rls?.role;
  const roled = people.flatMap(({ account, role = fixed }) => (account.active ? [{ id: account.id, role: fixed ?? role }] : []));
  const may = await session.rows(
    roleSchema,
    `SELECT r.rolname AS role FROM pg_roles AS r
     WHERE r.rolname = ANY ($1::text[])
       AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS c WHERE NOT has_column_privilege(r.oid, $2::oid, c, 'SELECT'))`,
    [[...new Set(roled.flatMap(({ role }) => role ?? []))], String(table.oid), [...table.columns]],
  );
  const roles = new Set(may.map(({ role }) => role));
  const ids = roled.flatMap(({ id, role }) => (role !== undefined && roles.has(role) ? [`user:${id}` as const] : []));
  return {
    terms: [{ allow: ids.length > READERS_MAX ? ['public'] : ids, deny: [], from: `who may read ${table.name}` }],
  };
};

const truthSchema = z.object({ is: z.string() });

/** One question whose answer is yes or no. */
export const isTrue = async ({ session }: Asker, sql: string, values: readonly unknown[]): Promise<boolean> => {
  const [row] = await session.rows(truthSchema, `SELECT (${sql})::text AS is`, values);
  return row?.is === 'true';
};

/** Could who sees a row be others once these columns are written? Whatever cannot be told from its policies counts as that. */
export const movesReaders = (asker: Asker, columns: readonly string[]): Promise<boolean> =>
  isTrue(asker, MOVES, [String(asker.table.oid), [...columns]]);

const MOVES = `
  EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal)
  OR EXISTS (
    SELECT FROM pg_policy AS p
    JOIN pg_depend AS d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.deptype = 'n'
    LEFT JOIN pg_attribute AS a ON d.refclassid = 'pg_class'::regclass AND a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
    LEFT JOIN pg_class AS c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
    WHERE p.polrelid = $1::oid
      AND (d.refclassid = 'pg_proc'::regclass OR c.relkind IN ('v', 'm')
        OR (d.refobjid = $1::oid AND (a.attnum IS NULL OR a.attgenerated <> '' OR a.attname = ANY ($2::text[])))))`;

/** Does a policy let this person do this with some row, or is row security not for them? Asked as the person. */
export const hasPolicy = (asker: Asker, command: 'a' | 'w' | 'd'): Promise<boolean> =>
  isTrue(
    asker,
    `NOT row_security_active($1::oid) OR EXISTS (
       SELECT FROM pg_policy AS p
       WHERE p.polrelid = $1::oid AND p.polpermissive AND p.polcmd IN ('*', $2)
         AND (0 = ANY (p.polroles) OR EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE r <> 0 AND pg_has_role(r, 'USAGE'))))`,
    [String(asker.table.oid), command],
  );
