import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import { defineWrite } from '../../src/core/write.ts';
import { rowSchema } from './map.ts';
import type { Settings } from './settings.ts';
import { committed, settledBy } from './write-commit.ts';
import { type Asker, notTheirs, unlessRefused } from './write-person.ts';
import { assertVersion, calledOf, hasPolicy, isKey, isTrue, keyColumns, readersOf, seen, versionOf } from './write-rows.ts';
import { isWritable } from './write-insert.ts';
import { keyIn, onRow, tableOf } from './write-update.ts';

const input = z.strictObject({});
type Input = z.infer<typeof input>;

/** Takes away a row that was made, as the person, as long as nobody changed it. */
export const deleteRow = defineWrite<Settings, Input>({
  name: 'postgres.delete_row',
  title: 'Delete an inserted row',
  description: 'Takes back the insertion of a row that nobody has changed since.',
  input,
  on: 'document',
  operations: [],
  undoes: true,
  offered: isWritable,
  mayWrite: async (aim, run, as) =>
    (await onRow(aim, run, { as, writes: false }, async (asker, key) => {
      await asker.asPerson();
      return (await mayDelete(asker)) && (await seen(asker, key)) !== undefined;
    })) ?? false,
  preview: async (aim, run, as) =>
    unlessRefused(async () => {
      const preview = await onRow(aim, run, { as, writes: false }, async (asker, key) => {
        await asker.asPerson();
        const row = await seen(asker, key);
        if (!row) throw notTheirs();
        await assertAlone(asker);
        await asker.asOurselves();
        return {
          target: calledOf(asker.table, key),
          revision: await versionOf(asker, key),
          changes: Object.entries(row).flatMap(([field, before]) => (before === null ? [] : [{ field, before }])),
          audience: await readersOf(asker, key),
          warnings: [],
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
      await asker.asPerson();
      if (!(await mayDelete(asker)) || !(await seen(asker, key))) throw notTheirs();
      assertVersion(before, committing.intent.revision);
      await assertAlone(asker);
      const gone = await session.rows(
        rowSchema,
        `DELETE FROM ONLY ${table.from} AS t WHERE ${isKey(table)} RETURNING ${keyColumns(table)}`,
        key,
      );
      if (gone.length !== 1) throw notTheirs();
      await session.run('SET CONSTRAINTS ALL IMMEDIATE');
      return { receipt: { key: document, before }, note: {} };
    });
  },
  settle: async (aim, run, _as, intent) =>
    settledBy(run, intent, () => ({
      key: tableOf(aim).key,
      ...(intent.revision !== undefined && { before: intent.revision }),
    })),
});

const mayDelete = async (asker: Asker): Promise<boolean> =>
  (await isTrue(asker, `has_table_privilege($1::oid, 'DELETE')`, [String(asker.table.oid)])) && hasPolicy(asker, 'd');

/** What refers to it and was made since would go with it, or change. */
const assertAlone = async (asker: Asker): Promise<void> => {
  const others = await isTrue(
    asker,
    `EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = $1::oid AND confdeltype IN ('c', 'n', 'd'))`,
    [String(asker.table.oid)],
  );
  if (!others) return;
  throw new AppError('conflict', 'With this row, rows of other tables would go or change. Nothing was written; delete it there.');
};
