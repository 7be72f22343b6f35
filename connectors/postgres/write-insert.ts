import { escapeIdentifier } from 'pg';
import { z } from 'zod';

import { defineWrite, type Receipt } from '../../src/core/write.ts';
import { rowSchema } from './map.ts';
import type { Settings } from './settings.ts';
import { committed, settledBy } from './write-commit.ts';
import { askedAs, notTheirs, unlessRefused } from './write-person.ts';
import {
  assertWritten,
  declined,
  documentKey,
  hasPolicy,
  isTrue,
  keyColumns,
  possibleReaders,
  urlOf,
  versionOf,
} from './write-rows.ts';
import { areGranted, filledSchema, writtenOf } from './write-values.ts';

const input = z.strictObject({
  table: z.string().min(1).max(63).describe('The name of the table, as the keys of its documents begin.'),
  values: filledSchema.describe('Column to value. A column that is left out holds its default.'),
});
type Input = z.infer<typeof input>;

/** Makes a row, as the person. */
export const insertRow = defineWrite<Settings, Input>({
  name: 'postgres.insert_row',
  title: 'Insert a row',
  description:
    'Inserts one row into a table, with the rights that the database gives the person. The database may fill other columns, and may refuse the row when it is written.',
  input,
  on: 'source',
  operations: [],
  offered: isWritable,
  mayWrite: async ({ input: { table: name, values } }, run, as) =>
    (await askedAs(run, { name, as, writes: false }, async (asker) => {
      await asker.asPerson();
      const { table } = asker;
      return (
        (await areGranted(asker, values, 'INSERT')) &&
        (await hasPolicy(asker, 'a')) &&
        (await isTrue(
          asker,
          `NOT EXISTS (SELECT FROM unnest($2::text[]) AS c WHERE NOT has_column_privilege($1::oid, c, 'SELECT'))`,
          [String(table.oid), [...new Set([...table.columns, ...Object.keys(values)])]],
        ))
      );
    })) ?? false,
  preview: async ({ input: { table: name, values } }, run, as) =>
    unlessRefused(async () => {
      const preview = await askedAs(run, { name, as, writes: false }, async (asker) => {
        await asker.asPerson();
        const written = await writtenOf(asker, values, 'INSERT');
        await asker.asOurselves();
        return {
          target: `a new row of ${name}`,
          changes: written.map(({ column, after }) => ({ field: column, ...(after !== null && { after }) })),
          audience: await possibleReaders(asker),
          warnings: [
            'Whether the rules of the database allow this row, and who of those that may read the table sees it, shows when it is written.',
          ],
        };
      });
      if (!preview) throw notTheirs();
      return preview;
    }),
  commit: async ({ input: { table: name, values } }, run, as, committing) =>
    committed(run, { name, as, committing }, async (asker) => {
      const { session, table } = asker;
      await asker.asPerson();
      const written = await writtenOf(asker, values, 'INSERT');
      const columns = written.map(({ column }) => escapeIdentifier(column));
      const [made] = await session.rows(
        rowSchema,
        `INSERT INTO ${table.from} AS t (${columns.join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})
         RETURNING ${keyColumns(table)}`,
        written.map(({ value }) => value),
      );
      if (!made) throw declined();
      await session.run('SET CONSTRAINTS ALL IMMEDIATE');
      const key = table.key.map((column) => made[column] ?? '');
      const row = await assertWritten(asker, key, written);
      await asker.asOurselves();
      const after = await versionOf(asker, key);
      const note = { key: documentKey(table, key), after };
      return { receipt: { ...receiptOf(note), ...urlOf(table, row) }, note };
    }),
  settle: async (_, run, _as, intent) => settledBy(run, intent, receiptOf),
});

/** May anything be written in this source? */
export function isWritable({ tables }: Settings): boolean {
  return Object.values(tables).some(({ writable }) => writable !== undefined);
}

const receiptOf = ({ key = '', after }: { readonly key?: string; readonly after?: string }): Receipt => ({
  key,
  ...(after !== undefined && { after, undo: { action: 'postgres.delete_row', aim: { key, input: {} }, revision: after } }),
});
