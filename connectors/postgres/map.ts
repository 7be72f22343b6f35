import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Field, SourceDocument } from '../../src/core/document.ts';
import { spanOf } from '../../src/core/instant.ts';
import { kindOf } from '../../src/core/normalised.ts';
import { AppError } from '../../src/core/errors.ts';
import { isName } from '../../src/core/principal.ts';
import type { Table } from './catalog.ts';

/** A row as it is read: each column as PostgreSQL writes it, or null. */
export const rowSchema = z.record(z.string(), z.string().nullable());
export type Row = z.infer<typeof rowSchema>;

/** A longer column is not read: its row is told as a problem. In characters. */
export const TEXT_MAX = 2_000_000;
/** A longer field or address is refused wherever it comes from. In characters. */
export const FIELD_MAX = 10_000;
const URL_MAX = 4_000;
/** A larger row is not read. In bytes. */
export const ROW_MAX = 32 * 1_048_576;
/** Beside a row's columns, how many bytes they are together: no column is called so by anybody. */
export const SIZE = 'castellan size';
/** Longer keys are stood for by their hash. */
const KEY_MAX = 900;

export const sizeOf = (row: Row): number => Number(row[SIZE] ?? 0);

/** The key of a row's document: its table's name, then each column of its key. */
export const keyOf = (table: Pick<Table, 'name' | 'key'>, row: Row): string =>
  keyFrom(
    table.name,
    table.key.map((column) => row[column] ?? ''),
  );

/** However a value is written, it is one part of the key and no other. */
export const keyFrom = (name: string, values: readonly string[]): string => {
  const key = `${name}/${values.map((value) => encodeURIComponent(value).replaceAll('~', '%7E')).join(',')}`;
  return key.length <= KEY_MAX ? key : `${name}/~${createHash('sha256').update(key).digest('hex')}`;
};

/** The values of a key that is not stood for by its hash; undefined for what is none of this table's. */
export const valuesOf = ({ name, key: columns }: Pick<Table, 'name' | 'key'>, key: string): string[] | undefined => {
  if (!key.startsWith(`${name}/`)) return undefined;
  const parts = key.slice(name.length + 1).split(',');
  try {
    const values = parts.map((part) => decodeURIComponent(part));
    return values.length === columns.length && !values.some((value) => value.includes('\0')) && keyFrom(name, values) === key
      ? values
      : undefined;
  } catch {
    return undefined;
  }
};

/** A row's document, with what of it could not be read. */
interface Mapped {
  readonly document: SourceDocument;
  readonly problems: readonly string[];
}

/** What a row says, or why nothing of it can be taken: then it is nobody's, for what is stored of it is not what it says. */
export const documentOf = (table: Table, row: Row, acl: Acl): Mapped | { readonly refused: AppError } => {
  if (sizeOf(row) > ROW_MAX)
    return { refused: new AppError('too_large', `It is larger than ${ROW_MAX / 1_048_576} MB, which nobody would read.`) };
  const long = table.text.find((column) => (row[column]?.length ?? 0) >= TEXT_MAX);
  if (long !== undefined) return tooLong(long, TEXT_MAX);
  const mapped = mappedOf(table, row, acl);
  const { url, fields = {} } = mapped.document;
  const field = Object.entries(fields).find(([, value]) => typeof value === 'string' && value.length > FIELD_MAX);
  if (field) return tooLong(field[0], FIELD_MAX);
  if (url === undefined || addressSchema.safeParse(url).success) return mapped;
  return { refused: new AppError('source_changed', `Its address is none: ${url.slice(0, 200)}`) };
};

const addressSchema = z.url({ protocol: /^https?$/u }).max(URL_MAX);

const tooLong = (what: string, max: number): { readonly refused: AppError } => ({
  refused: new AppError('too_large', `${what} is longer than ${max} characters, which nobody would read.`),
});

const mappedOf = (table: Table, row: Row, acl: Acl): Mapped => {
  const { name, title, text, updatedAt, settings } = table;
  const key = keyOf(table, row);
  const problems: string[] = [];
  const fields: Record<string, Field> = {};
  for (const [field, column] of Object.entries(settings.fields)) {
    const value = row[column] ?? null;
    const meant = value === null ? null : fieldOf(field, value);
    if (meant === undefined) problems.push(`${field} should be a ${kindOf(field) ?? 'text'} and ${column} is not`);
    else fields[field] = meant;
  }
  const url = settings.url?.replaceAll(/<([^<>]+)>/gu, (_, column: string) => encodeURIComponent(row[column] ?? ''));
  return {
    problems,
    document: {
      key,
      title: (title === undefined ? null : row[title]) ?? key,
      type: settings.type,
      parent: name,
      ...(url !== undefined && { url }),
      updatedAt: instantOf(updatedAt === undefined ? null : row[updatedAt]) ?? new Date(0),
      acl,
      body: {
        kind: 'parts',
        parts: text.flatMap((column) => {
          const value = row[column] ?? '';
          return value === '' ? [] : [{ text: value, format: settings.format, location: { row: key, field: column } }];
        }),
      },
      fields,
    },
  };
};

/** As the field is declared; undefined where it is not. */
const fieldOf = (name: string, value: string): Field | undefined => {
  const kind = kindOf(name) ?? 'text';
  if (kind === 'text') return value;
  // A text may be written as ISO 8601 has it, with its zone; a column of times is in UTC.
  if (kind === 'instant') return (instantOf(value) ?? isoOf(value))?.toISOString();
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) ? number : undefined;
};

/** A time as PostgreSQL writes it in UTC; undefined for infinity, for what is before Christ, and for what is no time. */
const instantOf = (written: string | null | undefined): Date | undefined => {
  const [, date, time = '00:00:00'] = /^(\d{4,6}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?)?$/u.exec(written ?? '') ?? [];
  if (date === undefined) return undefined;
  const at = new Date(`${date}T${time.slice(0, 12)}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
};

const isoOf = (written: string): Date | undefined => {
  const span = spanOf(written);
  return span && new Date(span.from);
};

/** What a row says of who may see it by its own columns. A row that names nobody is seen by nobody. */
export const ownAcl = ({ name, settings: { permissions } }: Table, row: Row): Acl => {
  if (permissions.everyone) return { terms: [{ allow: ['everyone'], deny: [], from: `table ${name}` }] };
  const { owner, group } = permissions;
  const allow = [
    ...(owner === undefined ? [] : [['user', row[owner]] as const]),
    ...(group === undefined ? [] : [['group', row[group]] as const]),
  ].flatMap(([kind, value]) => (value !== null && value !== undefined && isName(value) ? [`${kind}:${value}` as const] : []));
  const columns = [owner, group].filter((column) => column !== undefined).join(' or ');
  return { terms: [{ allow, deny: [], from: `${columns} of ${name}` }] };
};

/** What a run says of one row. */
export function* rowChanges(table: Table, row: Row, acl: Acl): Generator<Change<never>> {
  const key = keyOf(table, row);
  const said = documentOf(table, row, acl);
  if ('refused' in said) {
    yield { type: 'acl', key, acl: { unknown: said.refused.message } };
    yield { type: 'problem', key, error: said.refused };
    return;
  }
  yield { type: 'document', document: said.document };
  for (const problem of said.problems)
    yield { type: 'problem', key, error: new AppError('source_changed', `${problem}. It was left out.`) };
}
