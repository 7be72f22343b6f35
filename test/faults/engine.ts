import type { Fault, NamedTest } from './fault.ts';

const engine = (test: string): NamedTest => ({ file: 'test/access/engine/engine.test.ts', test });
const DIES = 'what it had half followed when reading broke off';
const NOT_READ = 'what it has not read to the end';

/** Mistakes in deciding from memory, and in following what moves. */
export const ENGINE: readonly Fault[] = [
  {
    name: 'a member who leaves is not in the log that the engine follows',
    file: 'src/store/sqlite/index/002-change-log.sql',
    find: `VALUES ('member', OLD.member_group, OLD.member);`,
    plant: `SELECT 'member', OLD.member_group, OLD.member WHERE FALSE;`,
    caughtBy: engine('a member who is taken out of a group, and one who comes'),
  },
  {
    name: 'a container with another acl is not in the log that the engine follows',
    file: 'src/store/sqlite/index/002-change-log.sql',
    find: `WHEN NEW.acl <> OLD.acl OR NEW.permissions_synced_at`,
    plant: `WHEN NEW.permissions_synced_at`,
    caughtBy: engine('a container that is another one’s, gone, or there again'),
  },
  {
    name: 'a container that is deleted is not in the log that the engine follows',
    file: 'src/store/sqlite/index/002-change-log.sql',
    find: `WHERE source = OLD.source AND kind = 'audience' AND name = OLD.key;\nEND;`,
    plant: `WHERE FALSE;\nEND;`,
    caughtBy: engine('a container that is another one’s, gone, or there again'),
  },
  {
    name: 'the engine does not follow groups',
    file: 'src/access/engine/follow.ts',
    find: `return setGroup(graph, moved.a, rows.group(moved.a));`,
    plant: `return undefined;`,
    caughtBy: engine('a whole listing that no longer names a group'),
  },
  {
    name: 'a gap in the change log is stepped over',
    file: 'src/access/engine/follow.ts',
    find: `return marks.log > log && (marks.oldest === 0 || marks.oldest > log + 1);`,
    plant: `return false;`,
    caughtBy: engine('what the change log has forgotten, until it has read everything again'),
  },
  {
    name: 'the engine keeps what it knew of another index',
    file: 'src/access/engine/engine.ts',
    find: `if (databaseId !== basis.databaseId) {`,
    plant: `if (databaseId === undefined) {`,
    caughtBy: engine('what it knew of an index when it is asked about another one, alike as its log may be'),
  },
  {
    name: 'the engine does not hear of a run that confirmed all',
    file: 'src/access/engine/instants.ts',
    find: `confirmedAt[id] = at;`,
    plant: `confirmedAt[id] = Math.min(at, 0);`,
    caughtBy: engine('a run that found that all still stands'),
  },
  {
    name: 'a run that confirmed all speaks for listings that failed',
    file: 'src/access/engine/instants.ts',
    find: `(how === LISTED ? Math.max(listedAt, confirmedAt[of] ?? 0) : listedAt)`,
    plant: `Math.max(listedAt, confirmedAt[of] ?? 0)`,
    caughtBy: engine('a listing that failed: it ages from the last whole one on, whatever is confirmed'),
  },
  {
    name: 'in the engine only who surely is denied is denied',
    file: 'src/access/engine/evaluate.ts',
    find: `const may = !isFreshGroup(graph, instants, group) || holdsAny`,
    plant: `const may = holdsAny`,
    caughtBy: engine('that a group which may hold anybody denies everybody'),
  },
  {
    name: 'in the engine nobody without an account is in a denied group',
    file: 'src/access/engine/evaluate.ts',
    find: ` || holdsAny(graph, slot, undecided[source] ?? 0);`,
    plant: `;`,
    caughtBy: engine(
      'that somebody without an account may be any of them: whatever denies an account, or a group that holds one, denies them',
    ),
  },
  {
    name: 'the engine follows containers for one round less',
    file: 'src/access/engine/evaluate.ts',
    find: `if (round === ROUNDS) return;`,
    plant: `if (round === ROUNDS - 1) return;`,
    caughtBy: engine('that the 64th container of a chain shows what is in it, and the next one does not'),
  },
  {
    name: 'the engine follows containers for ever',
    file: 'src/access/engine/evaluate.ts',
    find: `for (let round = 0; round <= ROUNDS; round++) {`,
    plant: `for (let round = -1; round <= ROUNDS; round++) {`,
    caughtBy: engine('that the 64th container of a chain shows what is in it, and the next one does not'),
  },
  {
    name: 'one term that holds is enough for the engine',
    file: 'src/access/engine/evaluate.ts',
    find: `if (left === 0) push(held, acl);`,
    plant: `if (left === (graph.termCount.values[acl] ?? 0) - 1) push(held, acl);`,
    caughtBy: engine('that every term must hold'),
  },
  {
    name: 'the engine is asked before it has read everything',
    file: 'src/access/engine/follow.ts',
    find: `if (left <= 0) return false;`,
    plant: `if (left <= 0) return true;`,
    caughtBy: engine(NOT_READ),
  },
  {
    name: 'what was half followed when reading broke off is kept',
    file: 'src/access/engine/engine.ts',
    find: `    following = undefined;
    try {`,
    plant: `    following = known;
    known.log = rows.marks().log;
    try {`,
    caughtBy: engine(DIES),
  },
  {
    name: 'the engine forgets to let go of members',
    file: 'src/access/engine/graph.ts',
    find: `  if (before === 0) heldBy.values[member] = after;
  else`,
    plant: `  if (before !== 0)`,
    caughtBy: engine('a member who is taken out of a group, and one who comes'),
  },
];
