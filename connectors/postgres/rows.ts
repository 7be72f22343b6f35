import { escapeIdentifier } from 'pg';

import type { Session } from './api.ts';
import type { Table } from './catalog.ts';
import { FIELD_MAX, ROW_MAX, type Row, rowSchema, SIZE, sizeOf, TEXT_MAX } from './map.ts';

/** Wider rows are read by their keys, a few at a time: so many bytes are held at once, and a page of others. */
const WIDE = 16_384;
const HELD = 16 * 1_048_576;

/** All rows, or those of these keys, a page at a time. However wide they are, no page is much more than `HELD`. */
export async function* readRows(session: Session, table: Table, keys?: Keys): AsyncGenerator<Row[]> {
  const sql = selectRows(table, { wanted: keys !== undefined, most: WIDE });
  const pages = keys ? [await session.rows(rowSchema, sql, listsOf(keys, table.key.length))] : session.pages(rowSchema, sql);
  for await (const page of pages) {
    const isRead = (row: Row): boolean => sizeOf(row) <= WIDE || sizeOf(row) > ROW_MAX;
    yield page.filter(isRead);
    const whole = selectRows(table, { wanted: true, most: ROW_MAX });
    for (const some of fewOf(page.filter((row) => !isRead(row)))) {
      const these = some.map((row) => table.key.map((column) => row[column] ?? ''));
      yield await session.rows(rowSchema, whole, listsOf(these, table.key.length));
    }
  }
}

type Keys = readonly (readonly string[])[];

/** In the order they came, so many together as may be held. */
const fewOf = (rows: readonly Row[]): Row[][] => {
  const all: Row[][] = [];
  let held = Infinity;
  for (const row of rows) {
    held += sizeOf(row);
    if (held > HELD) {
      all.push([]);
      held = sizeOf(row);
    }
    all.at(-1)?.push(row);
  }
  return all;
};

/**
 * What is read of a row: all its columns that say something, as text and no longer than anybody reads, and its size in bytes. Of a
 * row of more than `most` only its key and its size.
 */
export const selectRows = (table: Table, { wanted, most }: { readonly wanted: boolean; readonly most: number }): string => {
  const { key, text, columns } = table;
  const others = columns.filter((column) => !key.includes(column));
  const size = ['0', ...others.map((column) => `coalesce(octet_length(${value(column)}), 0)::bigint`)].join(' + ');
  const read = columns.map((column) => {
    if (key.includes(column)) return asKey('t', column);
    const cut = `left(${value(column)}, ${text.includes(column) ? TEXT_MAX : FIELD_MAX + 1})`;
    return `CASE WHEN s.size <= ${most} THEN ${cut} END AS ${escapeIdentifier(column)}`;
  });
  return `SELECT ${read.join(', ')}, s.size::text AS ${escapeIdentifier(SIZE)}
    FROM ONLY ${table.from} AS t CROSS JOIN LATERAL (SELECT ${size} AS size OFFSET 0) AS s ${wanted ? joinWanted(table) : ''}`;
};

const value = (column: string): string => `t.${escapeIdentifier(column)}::text`;

/**
 * The keys alone, for whoever may read all that is shown of a row: a column that is not granted refuses the whole. Whatever the names
 * that whoever asks has made, it means the same.
 */
export const selectKeys = (table: Table, wanted: boolean): string => {
  const keys = table.key.map((column) => asKey('t', column));
  const shown = table.columns.map((column) => escapeIdentifier(column)).join(', ');
  return `SELECT ${keys.join(', ')} FROM (SELECT ${shown} FROM ONLY ${table.from}) AS t ${wanted ? joinWanted(table) : ''}`;
};

/** A part of a key as the log writes it, which is not always how a cast to text does: a boolean is `t`, not `true`. */
export const asKey = (of: string, column: string): string =>
  `pg_catalog.format('%s', ${of}.${escapeIdentifier(column)}) AS ${escapeIdentifier(column)}`;

/** Only the rows of these keys: one list of values for each column of the key. By type, so that the key's index is used. */
const joinWanted = ({ key, keyTypes }: Table): string => {
  const lists = key.map((_, index) => `pg_catalog.unnest($${index + 1}::pg_catalog.text[])`).join(', ');
  const names = key.map((_, index) => `k${index}`).join(', ');
  const same = key
    .map((column, index) => {
      const { equals = 'pg_catalog', type = 'pg_catalog.text' } = keyTypes[index] ?? {};
      return `t.${escapeIdentifier(column)} OPERATOR(${equals}.=) wanted.k${index}::${type}`;
    })
    .join(' AND ');
  return `JOIN (SELECT DISTINCT * FROM ROWS FROM (${lists}) AS w(${names})) AS wanted ON ${same}`;
};

/** The values of keys as their types have them, and nothing of any row. */
export const castKeys = ({ keyTypes }: Table): string =>
  `SELECT ${keyTypes.map(({ type }, index) => `($${index + 1}::text[])[1]::${type}`).join(', ')}`;

/** The values that `joinWanted` is bound to. */
export const listsOf = (keys: readonly (readonly string[])[], columns: number): string[][] =>
  Array.from({ length: columns }, (_, index) => keys.map((values) => values[index] ?? ''));
