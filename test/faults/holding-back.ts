import type { Fault, NamedTest } from './fault.ts';

const held = (test: string): NamedTest => ({ file: 'test/ingest/held-back.test.ts', test });

/** Mistakes in what waits for the end of a run. */
export const HOLDING_BACK: readonly Fault[] = [
  {
    name: 'what a run widens holds at once',
    file: 'src/ingest/batch.ts',
    find: `writer.write(writes, 'waits')`,
    plant: `writer.write(writes)`,
    caughtBy: held(
      'who joined a group does not see what was closed to it before they joined, though the run dies before it says so',
    ),
  },
  {
    name: 'whoever waits to leave a denied group is surely not in it',
    file: 'src/store/sqlite/writing/groups.ts',
    find: `holds ? (first || old.has(waiting[0]) ? [] : [waiting]) : come`,
    plant: `holds ? [] : come`,
    caughtBy: held('who left a group that is denied is not let in before the run has ended'),
  },
  {
    name: 'a run for contents alone lets hold what waits',
    file: 'src/ingest/runner.ts',
    find: `due.permissions && (!lost ||`,
    plant: `(!lost ||`,
    caughtBy: held('a run for contents alone lets nothing hold that waits'),
  },
  {
    name: 'a run that lost something lets hold what waits',
    file: 'src/ingest/runner.ts',
    find: `due.permissions && (!lost ||`,
    plant: `due.permissions && (lost || !lost ||`,
    caughtBy: held('a run that lost something lets nothing hold that waits, until a day later all is past the usual promise'),
  },
  {
    name: 'a folder opens before the run has ended',
    file: 'src/store/sqlite/writing/coming-acls.ts',
    find: `was ? both(acl(was.acl), acl(told.acl)) : WAITS`,
    plant: `was ? acl(told.acl) : WAITS`,
    caughtBy: held('a folder that opens waits with all below it, and one that closes does not'),
  },
  {
    name: 'a folder that comes back holds at once',
    file: 'src/store/sqlite/writing/coming-acls.ts',
    find: `was ? both(acl(was.acl), acl(told.acl)) : WAITS`,
    plant: `was ? both(acl(was.acl), acl(told.acl)) : acl(told.acl)`,
    caughtBy: held('a folder that comes back waits where something still names it'),
  },
  {
    name: 'somebody is linked to an account that waits',
    file: 'src/store/sqlite/writing/identities.ts',
    find: `      AND NOT EXISTS (SELECT 1 FROM coming_account WHERE coming_account.source = account.source)\n`,
    plant: ``,
    caughtBy: held('an e-mail that a second account comes to carry links nobody to the first before the run has ended'),
  },
  {
    name: 'a group of the source decides who waits',
    file: 'src/store/sqlite/writing/groups.ts',
    find: `if (group === WAITING) return`,
    plant: `if (group === '') return`,
    caughtBy: held('a group of the source that is called like what waits lets in nobody'),
  },
  {
    name: 'what waits lands though another run holds the source',
    file: 'src/store/sqlite/writing/held-back.ts',
    find: `          runs.assertHeld(source, run);\n`,
    plant: ``,
    caughtBy: held('two sources at once land each what is theirs, and one whose lease is taken lands nothing'),
  },
  {
    name: 'what nobody may see decides whether others wait',
    file: 'src/store/sqlite/writing/held-back.ts',
    find: `SELECT EXISTS (SELECT 1 FROM run WHERE source = ? AND id <> ?)`,
    plant: `SELECT EXISTS (SELECT 1 FROM item WHERE source = ? AND id <> -?)`,
    caughtBy: held('whether it waits hangs on nothing that is stored: what nobody may see moves nothing that others see'),
  },
];
