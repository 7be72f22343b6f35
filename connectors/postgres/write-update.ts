import { escapeIdentifier } from 'pg';
import { z } from 'zod';

import type { Run } from '../../src/core/connector.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Aim, defineWrite, type Receipt } from '../../src/core/write.ts';
import { type Row, rowSchema, valuesOf } from './map.ts';
import type { Settings } from './settings.ts';
import { committed, settledBy } from './write-commit.ts';
import { isWritable } from './write-insert.ts';
import { type Asker, askedAs, isForbidden, notTheirs, unlessRefused } from './write-person.ts';
import {
  assertVersion,
  assertWritten,
  calledOf,
  isKey,
  type Key,
  keyColumns,
  movesReaders,
  possibleReaders,
  readersOf,
  seen,
  urlOf,
  versionOf,
} from './write-rows.ts';
import { areGranted, isGiven, valuesSchema, type Written, writtenOf } from './write-values.ts';

const input = z.strictObject({ values: valuesSchema.describe('Column to new value; null empties it. Others stay as they are.') });
type Input = z.infer<typeof input>;

/** Changes columns of a row, as the person. */
export const updateRow = defineWrite<Settings, Input>({
  name: 'postgres.update_row',
  title: 'Update a row',
  description:
    'Changes columns of one row, with the rights that the database gives the person. It cannot change the key. The database may refuse it when it is written.',
  input,
  on: 'document',
  operations: [],
  offered: isWritable,
  mayWrite: async (aim, run, as) =>
    (await unlessRefused(() =>
      onRow(aim, run, { as, writes: true }, async (asker, key) => {
        await asker.asPerson();
        if (!(await areGranted(asker, aim.input.values, 'UPDATE'))) return false;
        // The database says by a lock on the row, let go at once, whether it would let the person change it.
        const more = Object.keys(aim.input.values);
        return (await seen(asker, key, { more, lock: 'FOR KEY SHARE OF t' }).catch(noneIfForbidden)) !== undefined;
      }),
    )) ?? false,
  preview: async (aim, run, as) =>
    unlessRefused(async () => {
      const preview = await onRow(aim, run, { as, writes: false }, async (asker, key) => {
        const { row, written } = await planned(asker, key, aim.input);
        await asker.asOurselves();
        const moves = await movesReaders(
          asker,
          written.map(({ column }) => column),
        );
        return {
          target: calledOf(asker.table, key),
          revision: await versionOf(asker, key),
          changes: written.map(({ column, after }) => changeOf(column, row[column] ?? null, after)),
          audience: moves ? await possibleReaders(asker) : await readersOf(asker, key),
          warnings: moves ? ['Who sees the row may change with it: at most whoever may read the table.'] : [],
        };
      });
      if (!preview) throw notTheirs();
      return preview;
    }),
  commit: async (aim, run, as, committing) => {
    const { key: document, name } = tableOf(aim);
    return committed(run, { name, as, committing }, async (asker) => {
      const { session, table } = asker;
      const key = keyIn(asker, document);
      const before = await versionOf(asker, key);
      const { row, written } = await planned(asker, key, aim.input);
      assertVersion(before, committing.intent.revision);
      const sets = written.map(({ column }, index) => `${escapeIdentifier(column)} = $${index + 1}`);
      const changed = await session.rows(
        rowSchema,
        `UPDATE ONLY ${table.from} AS t SET ${sets.join(', ')} WHERE ${isKey(table, written.length + 1)} RETURNING ${keyColumns(table)}`,
        [...written.map(({ value }) => value), ...key],
      );
      if (changed.length !== 1) throw notTheirs();
      await session.run('SET CONSTRAINTS ALL IMMEDIATE');
      const now = await assertWritten(asker, key, written);
      await asker.asOurselves();
      const after = await versionOf(asker, key);
      const was = Object.fromEntries(written.map(({ column }) => [column, row[column] ?? null]));
      return { receipt: { ...receiptOf({ key: document, before, after, was }), ...urlOf(table, now) }, note: { after }, was };
    });
  },
  settle: async (aim, run, _as, intent) =>
    settledBy(run, intent, ({ after, was }) =>
      receiptOf({
        key: tableOf(aim).key,
        ...(intent.revision !== undefined && { before: intent.revision }),
        ...(after !== undefined && { after }),
        ...(was && { was }),
      }),
    ),
});

/** The key of the document that is aimed at, and its table. */
export const tableOf = ({ key }: Aim): { readonly key: string; readonly name: string } => {
  if (key === undefined) throw new AppError('invalid_input', 'This is done to a row. Say which.');
  return { key, name: key.slice(0, Math.max(key.indexOf('/'), 0)) };
};

/** The values of its key; rejects where there can be no such row. */
export const keyIn = ({ table }: Asker, document: string): Key => {
  const key = valuesOf(table, document);
  if (!key) throw notTheirs();
  return key;
};

/** Works on the row that is aimed at. Undefined where none can be. */
export const onRow = <T>(
  aim: Aim,
  run: Run<Settings, never>,
  { as, writes }: { readonly as: Account; readonly writes: boolean },
  work: (asker: Asker, key: Key) => Promise<T>,
): Promise<T | undefined> => {
  const { key: document, name } = tableOf(aim);
  return askedAs(run, { name, as, writes }, async (asker) => {
    const key = valuesOf(asker.table, document);
    return key && work(asker, key);
  });
};

/** What of a row would be changed, as the person sees it. It goes on as the person. */
const planned = async (
  asker: Asker,
  key: Key,
  { values }: Input,
): Promise<{ readonly row: Row; readonly written: readonly Written[] }> => {
  await asker.asPerson();
  const row = await seen(asker, key, { more: Object.keys(values) });
  if (!row) throw notTheirs();
  const written = (await writtenOf(asker, values, 'UPDATE')).filter(({ column, after }) => (row[column] ?? null) !== after);
  if (written.length > 0) return { row, written };
  throw new AppError('invalid_input', 'This changes nothing of the row. Say what should be otherwise.');
};

const changeOf = (field: string, before: string | null, after: string | null) => ({
  field,
  ...(before !== null && { before }),
  ...(after !== null && { after }),
});

const noneIfForbidden = (error: unknown): undefined => {
  if (isForbidden(error)) return undefined;
  throw error;
};

interface Changed {
  readonly key: string;
  readonly before?: string;
  readonly after?: string;
  readonly was?: Readonly<Record<string, string | null>>;
}

const receiptOf = ({ key, before, after, was }: Changed): Receipt => ({
  key,
  ...(before !== undefined && { before }),
  ...(after !== undefined && { after }),
  ...(after !== undefined &&
    was &&
    Object.values(was).every(isGiven) && {
      undo: { action: 'postgres.update_row', aim: { key, input: { values: was } }, revision: after },
    }),
});
