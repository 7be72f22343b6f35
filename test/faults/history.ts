import type { Fault, NamedTest } from './fault.ts';

const REMEMBERED: NamedTest = {
  file: 'test/store/sqlite/history-past.property.test.ts',
  test: 'whatever was written, what is remembered of every version is what the rule was given then',
};
const again = (test: string): NamedTest => ({ file: 'test/cli/audit-decisions.test.ts', test });

/** Mistakes in what is remembered, and in deciding again by it. */
export const HISTORY: readonly Fault[] = [
  {
    name: 'who was taken out of a group is remembered in it',
    file: 'src/store/sqlite/history-folds.ts',
    find: `      for (const member of old === null ? [] : parsed(old)) folded.delete(member);\n`,
    plant: '',
    caughtBy: REMEMBERED,
  },
  {
    name: 'the past is read as it is now',
    file: 'src/store/sqlite/history-folds.ts',
    find: `WHERE source = ? AND subject = ? AND key = ? AND version <= ?`,
    plant: `WHERE source = ? AND subject = ? AND key = ? AND version <= ? + 1000000`,
    caughtBy: REMEMBERED,
  },
  {
    name: 'whoever ever carried an e-mail is remembered with it',
    file: 'src/store/sqlite/history-past.ts',
    find: `if (!account || !(linked.has(id) || carries || former.has(id))) return [];`,
    plant: `if (!account) return [];`,
    caughtBy: REMEMBERED,
  },
  {
    name: 'a link that ended is remembered as standing',
    file: 'src/store/sqlite/history-folds.ts',
    find: `        .all(who, of, version)
        .filter(isThere)`,
    plant: `        .all(who, of, version)`,
    caughtBy: {
      file: 'test/store/sqlite/history-past.test.ts',
      test: 'a link is remembered as long as it stood: not once its account was given another e-mail, and again when it is made again',
    },
  },
  {
    name: 'the rules of the time are not kept',
    file: 'src/store/sqlite/writing/known-rules.ts',
    find: `      if (guarded(file, () => last.get()) === hash) return hash;`,
    plant: `      if (guarded(file, () => last.get()) !== '') return hash;`,
    caughtBy: again('as it was then, whatever moved since'),
  },
  {
    name: 'any acl that lets somebody in is taken for the one that did',
    file: 'src/access/rederive.ts',
    find: `  if (item.acl.id !== acl) return`,
    plant: `  if (item.acl.id < 0) return`,
    caughtBy: again('where a document is recorded as shown that was not allowed, not there, or under another acl'),
  },
  {
    name: 'what was refused and would be allowed counts as agreed',
    file: 'src/access/rederive.ts',
    find: `  if (!lasting) return { is: 'unknown', reason: 'freshness' };`,
    plant: `  if (!lasting) return { is: 'agreed' };`,
    caughtBy: again('where history lets somebody in who was refused'),
  },
  {
    name: 'somebody whose e-mail was erased is decided about without one',
    file: 'src/access/rederive.ts',
    find: ` || row.erased?.includes('email')`,
    plant: '',
    caughtBy: again('once who asked was erased'),
  },
  {
    name: 'rows of another index are decided by this one',
    file: 'src/access/rederive.ts',
    find: `if (basis?.databaseId !== past.databaseId) return`,
    plant: `if (!basis) return`,
    caughtBy: again('of another index, a later state of this one, or without its rules'),
  },
  {
    name: 'what people asked is shown without a row that says so',
    file: 'src/cli/audit-list.ts',
    find: `        if (why !== undefined) await trail.reveal(why);\n`,
    plant: '',
    caughtBy: {
      file: 'test/e2e/audit.test.ts',
      test: 'shows what was asked only to who says why, once that is on the chain with their name',
    },
  },
];
