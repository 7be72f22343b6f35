import { z } from 'zod';

import { FIELD_NAMES, kindOf } from '../../src/core/normalised.ts';
import { isName } from '../../src/core/principal.ts';
import { secret } from '../../src/core/secret.ts';

const TEXT_MAX = 10_000;
const COLUMNS_MAX = 100;
const TABLES_MAX = 200;
/** What documents may have wherever they come from: a longer type would refuse every row. In characters. */
const TYPE_MAX = 100;

const text = z.string().min(1).max(TEXT_MAX);
/** PostgreSQL's own bound of a name, in bytes. */
const name = z.string().min(1).max(63);
const shown = (max: number): z.ZodType<string, string> =>
  z.string().max(max).refine(isName, { error: 'must not be empty or hold control characters' });
const columns = z.array(name).min(1).max(COLUMNS_MAX);

const permissions = z
  .strictObject({
    everyone: z.literal(true).exactOptional(),
    owner: name.exactOptional(),
    group: name.exactOptional(),
    query: text.exactOptional(),
    rls: z.strictObject({ role: name.exactOptional(), setting: text.exactOptional() }).exactOptional(),
  })
  .refine((given) => Object.keys(given).length > 0, { error: 'must say who may see a row: everyone, owner, group, query or rls' })
  .refine(({ rls, ...others }) => !rls || Object.keys(others).length === 0, {
    error: 'must not mix rls with others: the database alone decides then',
  })
  .refine(({ everyone, ...others }) => !everyone || Object.keys(others).length === 0, {
    error: 'must not mix everyone with others',
  });

const table = z
  .strictObject({
    /** As in SQL, with its schema where that is not `public`. */
    from: text,
    key: columns.exactOptional(),
    title: name.exactOptional(),
    text: columns.exactOptional(),
    format: z.enum(['plain', 'markdown', 'html']).default('plain'),
    type: shown(TYPE_MAX).default('row'),
    fields: z
      .record(z.string(), name)
      .refine((fields) => Object.keys(fields).every((field) => kindOf(field) !== undefined), {
        error: `must each be one of ${FIELD_NAMES.join(', ')}`,
      })
      .default({}),
    updated_at: name.exactOptional(),
    url: text.exactOptional(),
    permissions,
    /** Columns that may be written; true: those that are shown as title, text or field. */
    writable: z.union([z.literal(true), columns]).exactOptional(),
  })
  .refine(({ writable, permissions }) => writable === undefined || permissions.rls, {
    path: ['writable'],
    error: 'needs permissions.rls: only where the database itself decides as the person can it be asked who may write',
  });

/** `sources.<name>` of the configuration, for this connector. */
export const settingsSchema = z.strictObject({
  url: secret(),
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/u, { error: 'must be made of a–z, 0–9 and _' })
    .exactOptional(),
  publication: name.exactOptional(),
  accounts: text,
  groups: text.exactOptional(),
  deciding: z.array(text).max(TABLES_MAX).default([]),
  tables: z
    .record(z.string().regex(/^[a-z0-9_-]{1,63}$/u, { error: 'must be made of a–z, 0–9, _ and -' }), table)
    .refine((tables) => Object.keys(tables).length > 0 && Object.keys(tables).length <= TABLES_MAX, {
      error: `must name at least one table, and at most ${TABLES_MAX}`,
    }),
});

export type Settings = z.infer<typeof settingsSchema>;
export type TableSettings = Settings['tables'][string];
