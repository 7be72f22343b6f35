import type { Fault, NamedTest } from './fault.ts';

const database = (test: string): NamedTest => ({ file: 'test/connectors/postgres-faults.test.ts', test });
const refusedKey: NamedTest = { file: 'test/connectors/postgres.test.ts', test: 'a key is refused that %s' };

/** Mistakes that show only when a network or a source does something wrong. */
export const FAILING: readonly Fault[] = [
  {
    name: 'a silent database is waited for without end',
    file: 'connectors/postgres/api.ts',
    find: `    query_timeout: statement + GRACE,\n`,
    plant: '',
    caughtBy: database('in the first run, promises are kept through %s'),
  },
  {
    name: 'another table in the place of the one before is read on',
    file: 'connectors/postgres/sync.ts',
    find: `JSON.stringify([settings, tables.map(({ shape }) => shape)])`,
    plant: `JSON.stringify([settings, tables.length])`,
    caughtBy: database('a table that is empty where there were 10,000 rows is not believed, in either kind of run'),
  },
  {
    name: 'two rows may have one key',
    file: 'connectors/postgres/catalog.ts',
    find: `  await assertUnique(session, { where, key, from, oid: relation.oid });\n`,
    plant: '',
    caughtBy: refusedKey,
  },
  {
    name: 'a key may be null',
    file: 'connectors/postgres/catalog.ts',
    find: `WHERE NOT a.attnotnull OR a.attname`,
    plant: `WHERE a.attname`,
    caughtBy: refusedKey,
  },
  {
    name: 'wrong characters are taken for right ones',
    file: 'src/core/reply-json.ts',
    find: `{ fatal: true }`,
    plant: `{ fatal: false }`,
    caughtBy: { file: 'test/core/reply-json.test.ts', test: '%s is no JSON, and is never half understood' },
  },
  {
    name: 'a 500 is an answer like another',
    file: 'src/sources/outgoing.ts',
    find: `const failed = status >= 500 && status !== 501;`,
    plant: `const failed = status > 500 && status !== 501;`,
    caughtBy: {
      file: 'test/sources/outgoing-failing.test.ts',
      test: 'three times is told with its own number of the call, and with no secret',
    },
  },
  {
    name: 'a listing of nothing is believed',
    file: 'src/store/sqlite/writing/sweep.ts',
    find: `if (missingDocuments > limit.ratio * documents && missingDocuments > limit.documents && !limit.accept)`,
    plant: `if (missingDocuments > documents && !limit.accept)`,
    caughtBy: { file: 'test/ingest/runner.test.ts', test: 'a sweep of too much deletes nothing until it is accepted' },
  },
];
