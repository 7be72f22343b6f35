import { escapeIdentifier } from 'pg';

import type { Table } from './catalog.ts';
import { TEXT_MAX } from './map.ts';

/** What is read of a row: all its columns that say something, as text and no longer than anybody reads. */
export const selectRows = (table: Table, wanted: boolean): string => {
  const { key, title, text, updatedAt, settings } = table;
  const { owner, group } = settings.permissions;
  const inUrl = [...(settings.url ?? '').matchAll(/<([^<>]+)>/gu)].map(([, column = '']) => column);
  const others = [title, updatedAt, owner, group, ...Object.values(settings.fields), ...inUrl].filter(
    (column) => column !== undefined,
  );
  const columns = [...new Set([...key, ...text, ...others])];
  const read = columns.map((column) => {
    const value = `t.${escapeIdentifier(column)}::text`;
    return `${text.includes(column) && !key.includes(column) ? `left(${value}, ${TEXT_MAX})` : value} AS ${escapeIdentifier(column)}`;
  });
  return `SELECT ${read.join(', ')} FROM ${table.from} AS t ${wanted ? joinWanted(table) : ''}`;
};

/** The keys alone. */
export const selectKeys = (table: Table, wanted: boolean): string => {
  const keys = table.key.map((column) => `t.${escapeIdentifier(column)}::text AS ${escapeIdentifier(column)}`);
  return `SELECT ${keys.join(', ')} FROM ${table.from} AS t ${wanted ? joinWanted(table) : ''}`;
};

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
