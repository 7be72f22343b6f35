import type { Fault, NamedTest } from './fault.ts';

const deciding = (test: string): NamedTest => ({ file: 'test/writes/deciding.test.ts', test });
const settling = (test: string): NamedTest => ({ file: 'test/writes/settling.test.ts', test });
const shown = (test: string): NamedTest => ({ file: 'test/tools/write-tools.test.ts', test });
const called = (test: string): NamedTest => ({ file: 'test/server/call.test.ts', test });

/** Mistakes about what is told of writes: to whom decides, to the audit, and to the source that is asked later. */
export const WRITES_TOLD: readonly Fault[] = [
  {
    name: 'a confirmation stands in the audit',
    file: 'src/server/call.ts',
    find: `input: withoutSecrets(input, secrets)`,
    plant: `input`,
    caughtBy: called('leaves no secret in its row, of whichever tool that is'),
  },
  {
    name: 'the tool that takes confirmations calls them no secret',
    file: 'src/tools/commit-write.ts',
    find: `  secrets: ['confirmation'],\n`,
    plant: ``,
    caughtBy: { file: 'test/e2e/writes.test.ts', test: 'what needs nobody is written, is in the audit, and is taken back' },
  },
  {
    name: 'what was shown instead is in no row',
    file: 'src/tools/commit-write.ts',
    find: `documents: made.documents ?? []`,
    plant: `documents: []`,
    caughtBy: shown('of what was changed meanwhile shows what would be written now'),
  },
  {
    name: 'somebody approves what they proposed by another of their names',
    file: 'src/writes/decide.ts',
    find: `actor, ...as.emails]`,
    plant: `actor]`,
    caughtBy: deciding('under approve nobody approves what they proposed, and nobody from inside a client'),
  },
  {
    name: 'the source is asked about another time than it was called at',
    file: 'src/writes/create-writes.ts',
    find: `at: row.takenAt`,
    plant: `at: row.at`,
    caughtBy: settling('the source is asked about the time of the call, and not of the proposal'),
  },
  {
    name: 'one that does not open keeps all others from being asked about',
    file: 'src/writes/create-writes.ts',
    find: `.catch((error: unknown) => void failed.push(error))`,
    plant: ``,
    caughtBy: settling('one that does not open keeps nobody from the others'),
  },
  {
    name: 'a source is signed in for writing where nothing may be written',
    file: 'src/config/writing.ts',
    find: `operation.access === 'read' || named.has(operation.name)`,
    plant: `named.size >= 0 || operation.access === 'read'`,
    caughtBy: {
      file: 'test/config/writing.test.ts',
      test: 'a source is signed in for no more than what may be asked of it: %s',
    },
  },
  {
    name: 'whoever is in one of several audiences may see what each is of',
    file: 'src/core/wider.ts',
    find: `only !== undefined && other === undefined && isAudience(only)`,
    plant: `only !== undefined && isAudience(only)`,
    caughtBy: { file: 'test/core/wider.test.ts', test: 'what is not wider is read by nobody else (%i)' },
  },
  {
    name: 'whom a term leaves out is forgotten where an audience leads in',
    file: 'src/core/wider.ts',
    find: `if (needed.deny.length > 0) return false;`,
    plant: ``,
    caughtBy: { file: 'test/core/wider.test.ts', test: 'what is not wider is read by nobody else (%i)' },
  },
  {
    name: 'what leads back to itself leads in',
    file: 'src/core/wider.ts',
    find: `known.set(key, false);`,
    plant: `known.set(key, true);`,
    caughtBy: { file: 'test/core/wider.test.ts', test: 'ends where places lead round' },
  },
  {
    name: 'whoever writes at a place asks somebody else for all that is below it',
    file: 'src/reader/footing.ts',
    find: `within: (key) => known.audience(key)?.acl`,
    plant: `within: () => undefined`,
    caughtBy: {
      file: 'test/e2e/writes-elsewhere.test.ts',
      test: 'a comment is written once, found by who may see it, and taken back',
    },
  },
  {
    name: 'what is offered no more is made all the same',
    file: 'src/writes/commit.ts',
    find: `if (!found || !isOffered(found.action, found.source))`,
    plant: `if (!found)`,
    caughtBy: deciding('what the settings do not offer any more is neither made nor taken back'),
  },
];
