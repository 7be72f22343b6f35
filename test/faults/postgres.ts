import type { Fault, NamedTest } from './fault.ts';

const stream = (test: string): NamedTest => ({ file: 'test/connectors/postgres-stream.test.ts', test });
const access = (test: string): NamedTest => ({ file: 'test/connectors/postgres-access.test.ts', test });
const hostile = (test: string): NamedTest => ({ file: 'test/connectors/postgres-hostile-stream.test.ts', test });
const asker = (test: string): NamedTest => ({ file: 'test/connectors/postgres-hostile-access.test.ts', test });
const odd = (test: string): NamedTest => ({ file: 'test/connectors/postgres-hostile-rows.test.ts', test });
const row = (test: string): NamedTest => ({ file: 'test/connectors/postgres.test.ts', test });

/** Mistakes about a database: what is committed, and who may see it. */
export const POSTGRES: readonly Fault[] = [
  {
    name: 'a changed key leaves the old one behind',
    file: 'connectors/postgres/stream.ts',
    find: `touch(message.relation, [before, { ...before, ...told(message.new) }])`,
    plant: `touch(message.relation, [{ ...before, ...told(message.new) }])`,
    caughtBy: stream('whatever is done at the source, following it stores what reading all of it would'),
  },
  {
    name: 'an emptied table keeps its rows',
    file: 'connectors/postgres/stream.ts',
    find: `emptied.add(name);`,
    plant: `emptied.add(name.slice(name.length));`,
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
    find: `    yield* peopleChanges(people);\n    for`,
    plant: `    for`,
    caughtBy: stream('whoever leaves a team loses what is the team’s'),
  },
  {
    name: 'the slot is let go when it is read, not when it is stored',
    file: 'connectors/postgres/stream.ts',
    find: `  await session.run('ROLLBACK');\n  if (untold)`,
    plant: `  await session.run('ROLLBACK');\n  await session.run('SELECT pg_replication_slot_advance($1, $2::pg_lsn)', [slot, upTo]);\n  if (untold)`,
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
    file: 'connectors/postgres/snapshot.ts',
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
    find: `const asks = decided || (run.due.permissions && isLate(cursor, now));`,
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
    find: `values.map((value) => encodeURIComponent(value).replaceAll('~', '%7E')).join(',')`,
    plant: `values.join(',')`,
    caughtBy: row('a key is one row and no other, however it is written'),
  },
  {
    name: 'a role called none is who asks',
    file: 'connectors/postgres/access.ts',
    find: `name !== 'none' && Buffer`,
    plant: `Buffer`,
    caughtBy: asker('a person whose role is called none is nobody, not the one who asks'),
  },
  {
    name: 'whoever may read a key may read the row',
    file: 'connectors/postgres/rows.ts',
    find: `FROM (SELECT \${shown} FROM ONLY \${table.from}) AS t`,
    plant: `FROM (SELECT \${table.key.length > 99 ? shown : '*'} FROM (SELECT \${table.key.map((column) => escapeIdentifier(column)).join(', ')} FROM ONLY \${table.from}) AS k) AS t`,
    caughtBy: asker('whoever may not read a column that is shown does not see the row'),
  },
  {
    name: 'a row that was touched is taken for what it was when all were asked for',
    file: 'connectors/postgres/sync.ts',
    find: `if (isAsked(table) && touched.rows.get(table.name)?.size) asked[table.name] = '';`,
    plant: `if (isAsked(table) && touched.rows.size > 1_000_000) asked[table.name] = '';`,
    caughtBy: asker('what a row got while it was touched is taken back when the policy goes back'),
  },
  {
    name: 'a key may be written like the hash of another',
    file: 'connectors/postgres/map.ts',
    find: `encodeURIComponent(value).replaceAll('~', '%7E')`,
    plant: `encodeURIComponent(value)`,
    caughtBy: asker('a key that is written like the hash of another row’s is not that row'),
  },
  {
    name: 'what is asked may write',
    file: 'connectors/postgres/snapshot.ts',
    find: `REPEATABLE READ READ ONLY`,
    plant: `REPEATABLE READ`,
    caughtBy: asker('a policy that writes is refused what it would write'),
  },
  {
    name: 'a team that nobody is in any more keeps its members',
    file: 'connectors/postgres/sync.ts',
    find: `    for (const group of goneOf(cursor.groups, people.groups.keys())) yield { type: 'members', group, members: [] };\n`,
    plant: '',
    caughtBy: hostile('the last who leaves a team loses what is the team’s'),
  },
  {
    name: 'an account that is gone stays active',
    file: 'connectors/postgres/sync.ts',
    find: `if (cursor && touched && goneOf(cursor.accounts, accountsOf(people)).length === 0)`,
    plant: `if (cursor && touched)`,
    caughtBy: hostile('whoever is gone from the accounts sees nothing any more'),
  },
  {
    name: 'whoever chooses an id chooses a principal',
    file: 'connectors/postgres/people.ts',
    find: ` && !ids.has(written);`,
    plant: ` && ids.size >= 0;`,
    caughtBy: hostile('an account that is called like a principal is only itself'),
  },
  {
    name: 'people that a run told before it died are taken for told no more',
    file: 'connectors/postgres/sync.ts',
    find: `  if (!isDeepStrictEqual(begun, cursor)) yield { type: 'checkpoint', cursor: begun };\n`,
    plant: `  if (isDeepStrictEqual(begun, {})) yield { type: 'checkpoint', cursor: begun };\n`,
    caughtBy: hostile('of people does not keep the next from taking that back'),
  },
  {
    name: 'a column that was rewritten is not looked at',
    file: 'connectors/postgres/catalog.ts',
    find: `a.attname, a.xmin, format_type`,
    plant: `a.attname, format_type`,
    caughtBy: hostile('%s: what is stored follows'),
  },
  {
    name: 'a key is compared as a cast writes it, not as the log does',
    file: 'connectors/postgres/rows.ts',
    find: `pg_catalog.format('%s', \${of}.\${escapeIdentifier(column)}) AS`,
    plant: `\${of}.\${escapeIdentifier(column)}::text AS`,
    caughtBy: hostile('of type %s tell what was deleted and what was changed'),
  },
  {
    name: 'what was taken back waits for the next word of the log',
    file: 'connectors/postgres/sync.ts',
    find: ` || isUnasked(cursor, run.now().getTime())`,
    plant: ` || isUnasked({ ...cursor, lsn: '0/0' }, run.now().getTime())`,
    caughtBy: asker('it is asked after within the minute, though nothing more happens'),
  },
  {
    name: 'a run that did not ask is taken for one that did',
    file: 'connectors/postgres/sync.ts',
    find: `...(isWhole ? askedNow(work) : askedOf(cursor))`,
    plant: `...askedOf({ ...cursor, askedLsn: server.now })`,
    caughtBy: asker('it is asked after within the minute, though nothing more happens'),
  },
  {
    name: 'what is in the log and not visible yet is taken for asked after',
    file: 'connectors/postgres/snapshot.ts',
    find: `const settled = !(await isWriting(session));`,
    plant: `const settled = (await isWriting(session)) !== undefined;`,
    caughtBy: asker('what a transaction that is not visible yet takes back is asked after again'),
  },
  {
    name: 'a row that cannot be taken is shown as it was before',
    file: 'connectors/postgres/map.ts',
    find: `    yield { type: 'acl', key, acl: { unknown: said.refused.message } };\n`,
    plant: '',
    caughtBy: odd('a row that grew too long is not shown as it was before, and comes back when it is shorter'),
  },
  {
    name: 'a field that is too long leaves its row to who saw it before',
    file: 'connectors/postgres/map.ts',
    find: `if (field) return tooLong`,
    plant: `if (field && field[0] === '') return tooLong`,
    caughtBy: odd('a row that %s is not shown as it was before, and comes back when it is mended'),
  },
  {
    name: 'an account that is left out is no guest any more',
    file: 'connectors/postgres/people.ts',
    find: `  accounts.push(...unsound.flatMap(guestOf));\n`,
    plant: `  accounts.push(...unsound.slice(unsound.length).flatMap(guestOf));\n`,
    caughtBy: odd('is a guest by its e-mail, and no member of the organisation whom nobody knows'),
  },
  {
    name: 'an account that is none is somebody by its e-mail',
    file: 'connectors/postgres/people.ts',
    find: `active: false, kind: 'guest' } }]`,
    plant: `active: true, kind: 'member' } }]`,
    caughtBy: odd('is a guest by its e-mail, and no member of the organisation whom nobody knows'),
  },
];
