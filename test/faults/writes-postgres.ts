import type { Fault, NamedTest } from './fault.ts';

const contract = (test: string): NamedTest => ({ file: 'test/connectors/postgres-write-contract.test.ts', test });
const write = (test: string): NamedTest => ({ file: 'test/connectors/postgres-write.test.ts', test });

/** Mistakes about writing rows. */
export const WRITES_POSTGRES: readonly Fault[] = [
  {
    name: 'a table may be written though the database does not decide as the person',
    file: 'connectors/postgres/settings.ts',
    find: `writable === undefined || permissions.rls`,
    plant: `writable === undefined || permissions`,
    caughtBy: write('is nothing where the database is not asked as the person'),
  },
  {
    name: 'any table may be written',
    file: 'connectors/postgres/write-person.ts',
    find: `if (!given?.writable || !rls)`,
    plant: `if (!given || !rls)`,
    caughtBy: write('is nothing of a table that does not say so'),
  },
  {
    name: 'any column may be written',
    file: 'connectors/postgres/write-values.ts',
    find: `if (may.includes(name) && column?.fixed === 'false')`,
    plant: `if (column?.fixed === 'false')`,
    caughtBy: contract('refuses what is %s, and writes nothing'),
  },
  {
    name: 'a row that changed is written over',
    file: 'connectors/postgres/write-rows.ts',
    find: `if (version === decided) return;`,
    plant: `if (version !== '') return;`,
    caughtBy: contract('writes nothing where the target is not what it was'),
  },
  {
    name: 'a row is written as ourselves',
    file: 'connectors/postgres/write-insert.ts',
    find: `      await asker.asPerson();
      const written = await writtenOf(asker, values, 'INSERT');
      const columns`,
    plant: `      const written = await writtenOf(asker, values, 'INSERT');
      const columns`,
    caughtBy: write('is no row that the rules for new ones refuse'),
  },
  {
    name: 'a row is changed as ourselves',
    file: 'connectors/postgres/write-update.ts',
    find: `  await asker.asPerson();\n  const row = await seen(`,
    plant: `  const row = await seen(`,
    caughtBy: write('what the database puts off to COMMIT is done as the person, not as us'),
  },
  {
    name: 'what is put off is not looked at before it is kept',
    file: 'connectors/postgres/write-insert.ts',
    find: `      await session.run('SET CONSTRAINTS ALL IMMEDIATE');\n`,
    plant: '',
    caughtBy: write('is noticed also where it is put off to the end'),
  },
  {
    name: 'a rule of the database writes something else than was decided',
    file: 'connectors/postgres/write-rows.ts',
    find: `row[column] !== after);`,
    plant: `row[column] === undefined && after !== null);`,
    caughtBy: write('is not written where it is of what was decided'),
  },
  {
    name: 'the database’s own words are passed on',
    file: 'connectors/postgres/write-person.ts',
    find: `known ? new AppError(known.code, known.message) : error`,
    plant: `known ? new AppError(known.code, String(error)) : error`,
    caughtBy: write('is said in no words of its own, which may tell of other rows'),
  },
  {
    name: 'whoever sees a row now is who will see it',
    file: 'connectors/postgres/write-update.ts',
    find: `audience: moves ? await possibleReaders(asker) : await readersOf(asker, key),`,
    plant: `audience: await readersOf(asker, key),`,
    caughtBy: write('names who sees the row, and where that may move, whoever may read the table'),
  },
  {
    name: 'a column that would be cut is cut',
    file: 'connectors/postgres/write-values.ts',
    find: `(category === 'S' && row.made !== row.whole)`,
    plant: `(category === 'S' && row.made === '')`,
    caughtBy: write('refuses what a column would cut'),
  },
  {
    name: 'what a crash ended counts as written',
    file: 'connectors/postgres/write-commit.ts',
    find: `if (row?.status === 'aborted') return 'absent';`,
    plant: `if (row?.status === 'aborted') return receiptOf(note);`,
    caughtBy: contract('tells the truth after it was ended at any step'),
  },
  {
    name: 'another server is believed about a transaction',
    file: 'connectors/postgres/write-commit.ts',
    find: `if (system !== note.system || timeline !== note.timeline)`,
    plant: `if (system === '' && timeline !== note.timeline)`,
    caughtBy: write('is uncertain where %s answers'),
  },
  {
    name: 'a row is taken back with all that hangs on it',
    file: 'connectors/postgres/write-delete.ts',
    find: `  if (!others) return;`,
    plant: `  if (others || !others) return;`,
    caughtBy: write('a row that others hang on is not taken back'),
  },
  {
    name: 'the key of a row can be written over',
    file: 'connectors/postgres/write-values.ts',
    find: `named.filter((name) => !key.includes(name))`,
    plant: `named.filter((name) => key.length > 0 || name === '')`,
    caughtBy: contract('refuses what is %s, and writes nothing'),
  },
];
