import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import { sqlState } from './api.ts';
import type { Table } from './catalog.ts';
import type { Asker } from './write-person.ts';

const TEXT_MAX = 1_000_000;
const COLUMNS_MAX = 100;
const NAME_MAX = 63;

const column = z.string().min(1).max(NAME_MAX);
const text = z
  .string()
  .max(TEXT_MAX)
  .refine((value) => value.isWellFormed() && !value.includes('\0'), { error: 'holds what no text of a database can' });
const some = (values: Record<string, unknown>): boolean => {
  const count = Object.keys(values).length;
  return count > 0 && count <= COLUMNS_MAX;
};
const TOO_MANY = { error: `must name 1 to ${COLUMNS_MAX} columns` };

/** A value of each column, in JSON or as PostgreSQL writes it. */
export const filledSchema = z.record(column, z.union([text, z.number(), z.boolean()])).refine(some, TOO_MANY);
/** The same; null empties a column. */
export const valuesSchema = z.record(column, z.union([text, z.number(), z.boolean(), z.null()])).refine(some, TOO_MANY);

/** The largest value of a row that can be given back. */
export const isGiven = (value: string | null): boolean => value === null || value.length <= TEXT_MAX;

/** A column, as it is written: `after` is what the database would make of the value. */
export interface Written {
  readonly column: string;
  readonly value: string | null;
  readonly after: string | null;
}

const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  bare: z.string(),
  category: z.string(),
  fixed: z.string(),
  granted: z.string(),
});
type Column = z.infer<typeof columnSchema>;

const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, format_type(a.atttypid, NULL) AS bare,
         t.typcategory::text AS category, (a.attgenerated <> '' OR a.attidentity = 'a')::text AS fixed,
         has_column_privilege(a.attrelid, a.attnum, $2)::text AS granted
  FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** What may be done with columns. */
type Doing = 'INSERT' | 'UPDATE';

/** The columns that are named, which the settings let be written. Rejects with `invalid_input` where they do not. Asked as the person. */
const columnsOf = async ({ session, table }: Asker, names: readonly string[], doing: Doing): Promise<readonly Column[]> => {
  const columns = await session.rows(columnSchema, COLUMNS, [String(table.oid), doing]);
  const may = writableOf(table, doing);
  return names.map((name) => {
    const column = columns.find((each) => each.name === name);
    if (may.includes(name) && column?.fixed === 'false') return column;
    throw new AppError('invalid_input', `A column that is named cannot be written. Those that can: ${may.join(', ')}.`);
  });
};

/** What the settings let be written. A row keeps its key: with another it would be another document. */
const writableOf = ({ key, title, text, settings: { writable, fields } }: Table, doing: Doing): readonly string[] => {
  const shown = [...(title === undefined ? [] : [title]), ...text, ...Object.values(fields)];
  const named = writable === true ? [...new Set(shown)] : (writable ?? []);
  return doing === 'INSERT' ? named : named.filter((name) => !key.includes(name));
};

/** May the person write all these columns, by what is granted? Asked as the person. */
export const areGranted = async (asker: Asker, values: object, doing: Doing): Promise<boolean> =>
  (await columnsOf(asker, Object.keys(values), doing)).every(({ granted }) => granted === 'true');

/** What the database would make of each value, without writing it. Asked as the person. */
export const writtenOf = async (
  asker: Asker,
  values: Readonly<Record<string, string | number | boolean | null>>,
  doing: Doing,
): Promise<readonly Written[]> => {
  const written: Written[] = [];
  for (const column of await columnsOf(asker, Object.keys(values), doing)) {
    const given = values[column.name] ?? null;
    const value = given === null ? null : String(given);
    written.push({ column: column.name, value, after: value === null ? null : await made(asker, column, value) });
  }
  return written;
};

const madeSchema = z.object({ made: z.string(), whole: z.string() });

/** Words that mean another moment whenever they are read. */
const MOVING = /\b(?:now|today|tomorrow|yesterday)\b/iu;

const made = async ({ session }: Asker, { name, type, bare, category }: Column, value: string): Promise<string> => {
  if (category === 'D' && MOVING.test(value)) throw unfit(name);
  try {
    const [row] = await session.rows(
      madeSchema,
      `SELECT CAST($1::text AS ${type})::text AS made, CAST($1::text AS ${bare})::text AS whole`,
      [value],
    );
    // A cast cuts a text that an assignment refuses.
    if (!row || (category === 'S' && row.made !== row.whole)) throw unfit(name);
    return row.made;
  } catch (error) {
    if (/^(?:22|23|42804|42846|0A)/u.test(sqlState(error) ?? '')) throw unfit(name);
    throw error;
  }
};

const unfit = (column: string): AppError =>
  new AppError('invalid_input', `The value of ${column} is not of the kind that column takes, or too long. Correct it.`);
