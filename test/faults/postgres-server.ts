import type { Fault, NamedTest } from './fault.ts';

const odd = (test: string): NamedTest => ({ file: 'test/connectors/postgres-hostile-rows.test.ts', test });
const session = (test: string): NamedTest => ({ file: 'test/connectors/postgres-hostile-session.test.ts', test });
const failover = (test: string): NamedTest => ({ file: 'test/connectors/postgres-failover.test.ts', test });
const slot = (test: string): NamedTest => ({ file: 'test/connectors/postgres-slot.test.ts', test });

/** Mistakes about the server PostgreSQL runs on: what its sessions are set to, its slots, and who follows it. */
export const POSTGRES_SERVER: readonly Fault[] = [
  {
    name: 'what anybody calls like PostgreSQL’s own is taken for it',
    file: 'connectors/postgres/api.ts',
    find: `AS path; SET search_path = \${OWN_PATH};`,
    plant: `AS path;`,
    caughtBy: session('whose own tables, functions and operators are called like PostgreSQL’s gets none of them asked'),
  },
  {
    name: 'a policy is answered by what is set for Castellan',
    file: 'connectors/postgres/person.ts',
    find: `...hidden];`,
    plant: `...hidden.slice(hidden.length)];`,
    caughtBy: session('is not answered by %s that is Castellan’s own'),
  },
  {
    name: 'a policy is not answered by what is set for the person',
    file: 'connectors/postgres/person.ts',
    find: `row.role === null || row.role === role ?`,
    plant: `row.role === null ?`,
    caughtBy: session('is answered by %s'),
  },
  {
    name: 'what was seen by nobody while a slot was made is passed over',
    file: 'connectors/postgres/sync.ts',
    find: `{ touched, snapshot: stream.snapshot }`,
    plant: `{ touched }`,
    caughtBy: slot('what is committed and waits for a replica while a slot %s comes to its point is not missed'),
  },
  {
    name: 'a standby that took over is followed as the server before it',
    file: 'connectors/postgres/slot.ts',
    find: `one.system === other.system && one.timeline === other.timeline;`,
    plant: `one.system === other.system;`,
    caughtBy: failover('what it has otherwise is read, and whoever lost a row there has lost it'),
  },
  {
    name: 'whoever waits hears nothing of a standby that took over',
    file: 'connectors/postgres/sync.ts',
    find: `!isSame(cursor, server) || lsnOf`,
    plant: `lsnOf`,
    caughtBy: failover('whoever waits for a change hears of a standby that took over, though its log is behind'),
  },
  {
    name: 'a key that a type takes for another is shown that row',
    file: 'connectors/postgres/read.ts',
    find: `!row || keyOf(table, row) !== key`,
    plant: `!row`,
    caughtBy: odd('for it is %s now, is gone, and so is its row'),
  },
  {
    name: 'a row that cannot be computed is said to be gone',
    file: 'connectors/postgres/read.ts',
    find: `if (await canBeKey(session, table, lists)) throw error;`,
    plant: `await canBeKey(session, table, lists);`,
    caughtBy: odd('and a row that cannot be computed is not said to be gone'),
  },
];
