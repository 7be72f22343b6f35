import { deleteRow } from '../../connectors/postgres/write-delete.ts';
import { insertRow } from '../../connectors/postgres/write-insert.ts';
import { updateRow } from '../../connectors/postgres/write-update.ts';
import { writeContract } from '../contracts/write-contract.ts';
import { aPostgres } from '../support/a-postgres.ts';
import { actions, as, aWrittenDatabase } from '../support/a-written-table.ts';

const prepared = await aWrittenDatabase(await aPostgres());

const stood = { notes: null, stage: null, amount: null, owner: 'ada', team: null, due: null };

writeContract(insertRow, {
  prepared: async () => {
    const table = await prepared('role');
    const rows = await table.state();
    const { updated_at } = rows['1'] ?? {};
    return {
      ...table,
      as: as('ada'),
      aim: { input: { table: 'deals', values: { id: 9, name: 'Iota', owner: 'ada', amount: 12.5 } } },
      written: { ...rows, '9': { id: 9, ...stood, name: 'Iota', amount: '12.5', updated_at } },
      change: () =>
        table.sql(`INSERT INTO deal (id, name) VALUES (9, 'another') ON CONFLICT (id) DO UPDATE SET name = 'another'`),
      revoke: () => table.sql(`REVOKE INSERT ON deal FROM ${table.role}`),
    };
  },
  refused: {
    'no value': { table: 'deals', values: {} },
    'no number': { table: 'deals', values: { id: 9, name: 'Iota', amount: 'much' } },
    'a text with a null character': { table: 'deals', values: { id: 9, name: 'a\0b' } },
    'too large': { table: 'deals', values: { id: 9, name: 'x'.repeat(1_000_001) } },
    'a column that may not be written': { table: 'deals', values: { id: 9, name: 'Iota', team: 'sales' } },
    'a column that is not there': { table: 'deals', values: { '"; DROP TABLE deal': 1 } },
    'another moment each time': { table: 'deals', values: { id: 9, name: 'Iota', due: 'tomorrow' } },
  },
  once: true,
  actions,
});

for (const by of ['role', 'setting'] as const) {
  writeContract(updateRow, {
    prepared: async () => {
      const table = await prepared(by);
      const rows = await table.state();
      return {
        ...table,
        as: as('ada'),
        aim: { key: 'deals/1', input: { values: { stage: 'won', notes: null } } },
        written: { ...rows, '1': { ...rows['1'], stage: 'won', notes: null } },
        // Of a column that is neither shown nor written.
        change: () => table.sql(`UPDATE deal SET updated_at = '2026-03-03T00:00:00Z' WHERE id = 1`),
        revoke: () => table.sql('ALTER POLICY changes ON deal USING (false)'),
      };
    },
    refused: {
      'no change': { values: { stage: 'open' } },
      'no number': { values: { amount: 'much' } },
      'a column that may not be written': { values: { team: 'sales' } },
      'its key': { values: { id: 10 } },
    },
    once: true,
    actions,
  });
}

writeContract(deleteRow, {
  prepared: async () => {
    const table = await prepared('role');
    const { '1': _, ...written } = await table.state();
    return {
      ...table,
      as: as('ada'),
      aim: { key: 'deals/1', input: {} },
      written,
      change: () => table.sql(`UPDATE deal SET notes = 'changed' WHERE id = 1`),
      revoke: () => table.sql(`REVOKE DELETE ON deal FROM ${table.role}`),
    };
  },
  once: true,
  actions,
});
