import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import { type FieldKind, kindOf } from '../../src/core/normalised.ts';
import type { Session } from './api.ts';
import { quotedName } from './names.ts';
import type { Settings, TableSettings } from './settings.ts';

/** A configured table as the database has it. */
export interface Table {
  /** Its name in the configuration: the first part of its rows' keys, and the key of its container. */
  readonly name: string;
  /** By which the log calls it, whatever its name was then. */
  readonly oid: number;
  /** As it stands in SQL. */
  readonly from: string;
  readonly key: readonly string[];
  /** The types of its key, as they stand in SQL, and the schemas of what compares them. */
  readonly keyTypes: readonly { readonly type: string; readonly equals: string }[];
  readonly title?: string;
  readonly text: readonly string[];
  readonly updatedAt?: string;
  /** All columns that something of a row's document is read from. */
  readonly columns: readonly string[];
  /** The same as long as no statement about the table itself could have changed its rows, which the log does not tell of. */
  readonly shape: string;
  readonly settings: TableSettings;
}

const relationSchema = z.object({
  oid: z.string(),
  schema: z.string(),
  relation: z.string(),
  kind: z.string(),
  logged: z.string(),
  identity: z.string(),
  secured: z.string(),
  encoding: z.string(),
});
const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  base: z.string(),
  equals: z.string(),
  category: z.string(),
  in_key: z.string(),
  identified: z.string(),
  generated: z.string(),
  shape: z.string(),
});
type Column = z.infer<typeof columnSchema>;

/** The configured tables, held against the database: what is missing, or could not be followed, is one sentence with the remedy. */
export const tablesOf = async (session: Session, source: string, { tables }: Settings): Promise<Table[]> => {
  const found: Table[] = [];
  const oids = await oidsOf(
    session,
    Object.values(tables).map(({ from }) => from),
  );
  for (const [name, settings] of Object.entries(tables)) {
    const oid = oids.get(settings.from);
    if (oid === undefined)
      throw new AppError(
        'source_changed',
        `sources.${source}.tables.${name}.from names ${settings.from}, which is not there or not to be seen.`,
      );
    found.push(await tableOf(session, source, { name, settings, oid }));
  }
  return found;
};

const oidRow = z.object({ name: z.string(), oid: z.string().nullable() });

/** The relations that are called so where the settings were written, by these names. */
export const oidsOf = async (session: Session, names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const rows = await session.asWritten(() =>
    session.rows(
      oidRow,
      `SELECT name, pg_catalog.to_regclass(name)::pg_catalog.oid::pg_catalog.text AS oid
       FROM pg_catalog.unnest($1::pg_catalog.text[]) AS given(name)`,
      [[...names]],
    ),
  );
  return new Map(rows.flatMap(({ name, oid }) => (oid === null ? [] : [[name, oid]])));
};

const tableOf = async (
  session: Session,
  source: string,
  { name, settings, oid }: { readonly name: string; readonly settings: TableSettings; readonly oid: string },
): Promise<Table> => {
  const where = `sources.${source}.tables.${name}`;
  const [relation] = await session.rows(
    relationSchema,
    `SELECT c.oid::text, n.nspname AS schema, c.relname AS relation, c.relkind::text AS kind, c.relpersistence::text AS logged,
            c.relreplident::text AS identity, c.relrowsecurity::text AS secured,
            current_setting('server_encoding') AS encoding
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = $1::oid`,
    [oid],
  );
  if (!relation)
    throw new AppError('source_changed', `${where}.from names ${settings.from}, which is not there or not to be seen.`);
  const from = quotedName(relation.schema, relation.relation);
  if (relation.kind !== 'r')
    throw new AppError(
      'config',
      `${where}.from is ${UNFOLLOWED[relation.kind] ?? 'no plain table, and cannot be followed. Name a table.'}`,
    );
  if (relation.logged !== 'p')
    throw new AppError('config', `${where}.from is unlogged: the log does not tell of it. Run: ALTER TABLE ${from} SET LOGGED`);
  if (relation.encoding === 'SQL_ASCII')
    throw new AppError(
      'config',
      `sources.${source}: the database does not know its encoding (SQL_ASCII), so two names could be read as one. Give it one.`,
    );
  const columns = await session.rows(columnSchema, COLUMNS, [relation.oid]);
  const key = settings.key ?? columns.filter(({ in_key }) => in_key === 'true').map((column) => column.name);
  if (key.length === 0)
    throw new AppError('config', `${where} has no primary key. Name the columns that identify a row: ${where}.key`);
  assertIdentified({ where, key, columns, from, identity: relation.identity });
  await assertUnique(session, { where, key, from, oid: relation.oid });
  if (settings.permissions.rls && relation.secured !== 'true') {
    throw new AppError(
      'config',
      `${where}.permissions.rls: row security is not enabled on ${settings.from}, so everybody would see every row.`,
    );
  }
  const title = settings.title ?? named(columns, ['title', 'name', 'subject', 'label']);
  const updatedAt = settings.updated_at ?? named(columns, ['updated_at', 'modified_at', 'changed_at', 'created_at']);
  const { owner, group } = settings.permissions;
  const text =
    settings.text ?? columns.filter(({ category, in_key }) => category === 'S' && in_key !== 'true').map((column) => column.name);
  const inUrl = [...(settings.url ?? '').matchAll(/<([^<>]+)>/gu)].map(([, column = '']) => column);
  const others = [title, updatedAt, owner, group, ...Object.values(settings.fields), ...inUrl];
  const used = [...new Set([...key, ...text, ...others.filter((column) => column !== undefined)])];
  const known = new Set(columns.map((column) => column.name));
  const missing = used.find((column) => !known.has(column));
  if (missing !== undefined) {
    throw new AppError(
      'source_changed',
      `${where} names the column ${missing}, which ${settings.from} does not have. Correct ${where}, or put it back.`,
    );
  }
  assertKinds(where, settings, columns);
  return {
    name,
    oid: Number(relation.oid),
    from,
    key,
    keyTypes: key.flatMap((column) => columns.filter((one) => one.name === column)),
    text,
    ...(title !== undefined && { title }),
    ...(updatedAt !== undefined && { updatedAt }),
    columns: used,
    shape: JSON.stringify([
      relation.oid,
      key,
      text,
      title,
      updatedAt,
      columns.filter((column) => used.includes(column.name)).map((column) => column.shape),
    ]),
    settings,
  };
};

/** What is no table whose rows the log tells of. */
const UNFOLLOWED: Readonly<Record<string, string>> = {
  v: 'no plain table but a view, which cannot be followed. Name the tables behind it.',
  m: 'no plain table: it is a materialised view, which cannot be followed. Name the tables behind it.',
  f: 'no plain table but one of another server, which cannot be followed. Add that server as a source.',
  p: 'no plain table: it is partitioned, and the log tells of its parts. Name its partitions instead, each as a table.',
};

/** A column whose type can never be what its field is would be a problem of every row. A text is taken by what it says. */
const assertKinds = (where: string, { fields }: TableSettings, columns: readonly Column[]): void => {
  for (const [field, named] of Object.entries(fields)) {
    const kind = kindOf(field) ?? 'text';
    const column = columns.find((one) => one.name === named);
    if (!column || column.category === 'S' || CAN_BE[kind].test(`${column.category} ${column.base}`)) continue;
    throw new AppError(
      'config',
      `${where}.fields.${field} names ${named}, whose type ${column.base} can be no ${IN_WORDS[kind]}. Name a column that can, or leave the field out.`,
    );
  }
};

/** Of the category of a type and its name, those whose values a kind can hold. */
const CAN_BE: Readonly<Record<FieldKind, RegExp>> = {
  text: /^(?:[BDEINT] |U uuid$)/u,
  number: /^N (?:smallint|integer|bigint|numeric|real|double precision)$/u,
  instant: /^D (?:date|timestamp)/u,
};
const IN_WORDS: Readonly<Record<FieldKind, string>> = { text: 'text', number: 'number', instant: 'date or time' };

/** Two rows of one key would be one document, for whoever may see either, and what one of them says would be lost. */
const assertUnique = async (
  session: Session,
  {
    where,
    key,
    from,
    oid,
  }: { readonly where: string; readonly key: readonly string[]; readonly from: string; readonly oid: string },
): Promise<void> => {
  const [found] = await session.rows(z.object({ unique: z.string() }), UNIQUE, [oid, [...key]]);
  if (found?.unique === 'true') return;
  throw new AppError(
    'config',
    `${where}: nothing keeps two rows of ${from} from having the same ${key.join(', ')}. Make them NOT NULL and UNIQUE, or name others: ${where}.key`,
  );
};

/** Whether there is a whole, checked index by which some of these columns, none of them null, tell every row from every other. */
const UNIQUE = `
  SELECT EXISTS (
    SELECT FROM pg_index AS i
    WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
      AND NOT EXISTS (
        SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k(number)
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE NOT a.attnotnull OR a.attname <> ALL ($2::text[])
      )
  )::text AS unique`;

/** Without it the stream does not say which row was deleted, and an UPDATE of the application's own would fail. */
const assertIdentified = ({ where, key, columns, from, identity }: Identified): void => {
  const told = new Set(columns.filter(({ generated }) => generated === 'false').map((column) => column.name));
  const untold = columns.find((column) => key.includes(column.name) && !told.has(column.name));
  if (untold) throw new AppError('config', `${where}.key names ${untold.name}, which is generated: the log does not tell of it.`);
  if (identity === 'f') return;
  const identified = columns.filter((column) => column.identified === 'true').map((column) => column.name);
  if (key.every((column) => identified.includes(column))) return;
  throw new AppError(
    'config',
    `${where}: PostgreSQL does not tell of a changed row which it was by ${key.join(', ')}. Run: ALTER TABLE ${from} REPLICA IDENTITY FULL`,
  );
};

interface Identified {
  readonly where: string;
  readonly key: readonly string[];
  readonly columns: readonly Column[];
  readonly from: string;
  readonly identity: string;
}

/**
 * `identified`: of the primary key (identity d) or of the index that was chosen (identity i). `shape`: another one where a column
 * was made, retyped or computed anew, or a value of its enumeration was renamed. `equals`: the schema of the operator of its type, which
 * an extension may have brought; one that somebody else made for it does not count.
 */
const COLUMNS = `
  SELECT a.attname AS name, format('%s.%I', t.typnamespace::regnamespace, t.typname) AS type, t.typcategory::text AS category,
         format_type(b.oid, NULL) AS base,
         coalesce((
           SELECT o.oprnamespace::regnamespace::text FROM pg_operator AS o
           WHERE o.oprname = '=' AND o.oprleft = b.oid AND o.oprright = b.oid
             AND (o.oprnamespace = 'pg_catalog'::regnamespace OR o.oprowner = b.typowner)
           ORDER BY o.oprnamespace <> 'pg_catalog'::regnamespace LIMIT 1
         ), 'pg_catalog') AS equals,
         coalesce(a.attnum = ANY (p.indkey), false)::text AS in_key,
         coalesce(a.attnum = ANY (i.indkey), false)::text AS identified,
         (a.attgenerated <> '')::text AS generated,
         concat_ws(' ', a.attnum, a.attname, a.xmin, format_type(a.atttypid, a.atttypmod),
           (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d WHERE d.adrelid = c.oid AND d.adnum = a.attnum AND a.attgenerated <> ''),
           (SELECT json_agg(e.enumlabel ORDER BY e.oid) FROM pg_enum AS e WHERE e.enumtypid IN (t.oid, t.typbasetype, t.typelem))) AS shape
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_type AS t ON t.oid = a.atttypid
  JOIN pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
  LEFT JOIN pg_index AS p ON p.indrelid = c.oid AND p.indisprimary
  LEFT JOIN pg_index AS i ON i.indrelid = c.oid
    AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

const named = (columns: readonly Column[], names: readonly string[]): string | undefined =>
  names.find((name) => columns.some((column) => column.name === name));
