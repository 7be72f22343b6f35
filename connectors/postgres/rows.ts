import { escapeIdentifier } from 'pg';

import type { Table } from './catalog.ts';
import { TEXT_MAX } from './map.ts';

/** What is read of a row: all its columns that say something, as text and no longer than anybody reads. */
export const selectRows = (table: Table, wanted: boolean): string => {
  const { key, text, columns } = table;
  const read = columns.map((column) => {
    if (key.includes(column)) return asKey('t', column);
    const value = `t.${escapeIdentifier(column)}::text`;
    return `${text.includes(column) ? `left(${value}, ${TEXT_MAX})` : value} AS ${escapeIdentifier(column)}`;
  });
  return `SELECT ${read.join(', ')} FROM ONLY ${table.from} AS t ${wanted ? joinWanted(table) : ''}`;
};

/** The keys alone, for whoever may read all that is shown of a row: a column that is not granted refuses the whole. */
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
  const lists = key.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const names = key.map((_, index) => `k${index}`).join(', ');
  const same = key
    .map((column, index) => `t.${escapeIdentifier(column)} = wanted.k${index}::${keyTypes[index] ?? 'text'}`)
    .join(' AND ');
  return `JOIN (SELECT DISTINCT * FROM unnest(${lists}) AS w(${names})) AS wanted ON ${same}`;
};

/** The values that `joinWanted` is bound to. */
export const listsOf = (keys: readonly (readonly string[])[], columns: number): string[][] =>
  Array.from({ length: columns }, (_, index) => keys.map((values) => values[index] ?? ''));
