import type { Fault, NamedTest } from './fault.ts';

const stream = (test: string): NamedTest => ({ file: 'test/connectors/postgres-stream.test.ts', test });
const access = (test: string): NamedTest => ({ file: 'test/connectors/postgres-access.test.ts', test });
const row = (test: string): NamedTest => ({ file: 'test/connectors/postgres.test.ts', test });

/** Mistakes about a database: what is committed, and who may see it. */
export const POSTGRES: readonly Fault[] = [
  {
    name: 'a changed key leaves the old one behind',
    file: 'connectors/postgres/stream.ts',
    find: `touch(message.relation, [message.key ?? message.old, message.new])`,
    plant: `touch(message.relation, [message.new])`,
    caughtBy: stream('whatever is done at the source, following it stores what reading all of it would'),
  },
  {
    name: 'an emptied table keeps its rows',
    file: 'connectors/postgres/stream.ts',
    find: `if (table) emptied.add(table.name);`,
    plant: `if (!table) emptied.add('');`,
    caughtBy: stream('whatever is done at the source, following it stores what reading all of it would'),
  },
  {
    name: 'a row that is gone is only not read',
    file: 'connectors/postgres/sync.ts',
    find: `    for (const key of some.keys()) yield { type: 'delete', key };\n`,
    plant: '',
    caughtBy: stream('whatever is done at the source, following it stores what reading all of it would'),
  },
  {
    name: 'people are told only when all is read',
    file: 'connectors/postgres/sync.ts',
    find: `  if (peopleMoved) yield* peopleChanges(people);\n`,
    plant: '',
    caughtBy: stream('whoever leaves a team loses what is the team’s'),
  },
  {
    name: 'the slot is let go when it is read, not when it is stored',
    file: 'connectors/postgres/stream.ts',
    find: `  await session.run('ROLLBACK');\n  return`,
    plant: `  await session.run('ROLLBACK');\n  await session.run('SELECT pg_replication_slot_advance($1, $2::pg_lsn)', [slot, upTo]);\n  return`,
    caughtBy: stream('and what a slot holds is let go only after it was stored'),
  },
  {
    name: 'a slot that went on without us is read on',
    file: 'connectors/postgres/slot.ts',
    find: `if (lsnOf(remembered.lsn) < lsnOf(confirmed))`,
    plant: `if (lsnOf(remembered.lsn) < 0n)`,
    caughtBy: stream('where %s: all is read anew, and that is said'),
  },
  {
    name: 'a table is published again without reading what was missed',
    file: 'connectors/postgres/slot.ts',
    find: `if (published) return`,
    plant: `if (published && found.status === 'never') return`,
    caughtBy: stream('where %s: all is read anew, and that is said'),
  },
  {
    name: 'a transaction that is not visible yet is passed over',
    file: 'connectors/postgres/stream.ts',
    find: `return full < xmax && !running.has(String(full));`,
    plant: `return full < xmax || !running.has(String(full));`,
    caughtBy: stream('a commit that waits for a replica is not read before it is visible'),
  },
  {
    name: 'a row is everybody’s where row security shows it to nobody',
    file: 'connectors/postgres/access.ts',
    find: `  const nobody: Acl = { terms: [{ allow: [], deny: [], from }] };
  return {
    containers: [...containers.values()],`,
    plant: `  const nobody: Acl = { terms: [{ allow: ['everyone'], deny: [], from }] };
  return {
    containers: [...containers.values()],`,
    caughtBy: access('is what everybody sees, each set of readers once'),
  },
  {
    name: 'a role that row security does not bind stands for everybody',
    file: 'connectors/postgres/access.ts',
    find: `      if (fixed !== undefined) await assertSecured(session, source, table, fixed);\n`,
    plant: '',
    caughtBy: access('that stands for everybody and that row security does not bind is refused'),
  },
  {
    name: 'a table that decides is not looked at',
    file: 'connectors/postgres/sync.ts',
    find: `peopleMoved || touched.relations.values().some((relation) => deciding.has(relation))`,
    plant: `peopleMoved`,
    caughtBy: access('moves with another table that is said to decide, at once'),
  },
  {
    name: 'what only the database knows is asked once and never again',
    file: 'connectors/postgres/sync.ts',
    find: `const asks = decided || (run.due.permissions && isLate);`,
    plant: `const asks = decided;`,
    caughtBy: access('moves with what nobody said decides, when the database is asked again'),
  },
  {
    name: 'a principal that is none is left out of a denial',
    file: 'connectors/postgres/access.ts',
    find: `const wrong = [...allowed, ...denied].some(({ success }) => !success);`,
    plant: `const wrong = allowed.length > 1_000_000;`,
    caughtBy: access('and denies what is no principal closes those rows'),
  },
  {
    name: 'rows that are hidden from Castellan are taken for deleted',
    file: 'connectors/postgres/sync.ts',
    find: `  await assertSeesRows(session, source, tables);\n`,
    plant: '',
    caughtBy: row('a role that row security binds too is refused: it would take hidden rows for deleted ones'),
  },
  {
    name: 'two rows share one key',
    file: 'connectors/postgres/map.ts',
    find: `values.map((value) => encodeURIComponent(value)).join(',')`,
    plant: `values.join(',')`,
    caughtBy: row('a key is one row and no other, however it is written'),
  },
];
