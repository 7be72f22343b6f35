import type { Fault, NamedTest } from './fault.ts';

const write = (test: string): NamedTest => ({ file: 'test/connectors/files-write.test.ts', test });
const hostile = (test: string): NamedTest => ({ file: 'test/connectors/files-write-hostile.test.ts', test });

/** Mistakes about writing files. */
export const WRITES_FILES: readonly Fault[] = [
  {
    name: 'whoever may see may write',
    file: 'connectors/files/write-rights.ts',
    find: ` || place.writers.length === 0`,
    plant: '',
    caughtBy: write('is nobody where no control file says so'),
  },
  {
    name: 'one list of writers is enough',
    file: 'connectors/files/write-rights.ts',
    find: `place.writers.every(`,
    plant: `place.writers.some(`,
    caughtBy: write('is whom every control file on the way names'),
  },
  {
    name: 'a writer that nobody decides is one',
    file: 'connectors/files/write-rights.ts',
    find: `is(writer) === 'yes'`,
    plant: `is(writer) !== 'no'`,
    caughtBy: write('by %s'),
  },
  {
    name: 'an inactive account writes on',
    file: 'connectors/files/write-rights.ts',
    find: `if (!account?.active)`,
    plant: `if (!account)`,
    caughtBy: write('is no account that the people file has not, or calls inactive'),
  },
  {
    name: 'whoever is denied writes all the same',
    file: 'connectors/files/write-rights.ts',
    find: `return writes && !shut;`,
    plant: `return writes || shut;`,
    caughtBy: write('is nobody whom a term surely leaves out'),
  },
  {
    name: 'a control file is a file like any other',
    file: 'connectors/files/write-names.ts',
    find: `return isText(name) ? undefined :`,
    plant: `return name !== '' ? undefined :`,
    caughtBy: hostile('makes nothing, shows nobody anything, and touches nothing outside: %j'),
  },
  {
    name: 'a name that is written in two forms is two names',
    file: 'connectors/files/write-place.ts',
    find: `folded(entry.name) === folded(name)`,
    plant: `entry.name === name`,
    caughtBy: hostile('a name that is written in two forms is one name, and taken'),
  },
  {
    name: 'a folder that was turned elsewhere is written into',
    file: 'connectors/files/write-create.ts',
    find: `        await place.verify();\n`,
    plant: '',
    caughtBy: hostile('whoever turns a folder %s while it is written turns nothing that is written'),
  },
  {
    name: 'a file that changed is written over',
    file: 'connectors/files/write-edit.ts',
    find: `  if (revision !== intent.revision) throw moved(place);`,
    plant: `  if (revision === '' && intent.revision !== '') throw moved(place);`,
    caughtBy: write('writes nothing where the target is not what it was'),
  },
  {
    name: 'two may change one file at once',
    file: 'connectors/files/write-stage.ts',
    find: `  if (await named(place, intent, lock)) return lock;`,
    plant: `  if ((await named(place, intent, lock)) ?? lock) return lock;`,
    caughtBy: hostile('keeps everybody else from changing it, until it is settled'),
  },
  {
    name: 'a file of several names is parted from them',
    file: 'connectors/files/write-edit.ts',
    find: `stats.nlink > 1n`,
    plant: `stats.nlink > 9n`,
    caughtBy: hostile('is no file to edit or take away either: %j'),
  },
  {
    name: 'what was put in its place and replaced since counts as not written',
    file: 'connectors/files/write-edit.ts',
    find: `stateOf(there) === note.before ? 'absent' : 'uncertain'`,
    plant: `stateOf(there) === note.before ? 'absent' : 'absent'`,
    caughtBy: hostile('tells that it %s'),
  },
  {
    name: 'a file that was made counts as not made',
    file: 'connectors/files/write-create.ts',
    find: `markOf(there) === note.mark && (left.beside`,
    plant: `markOf(there) !== note.mark && (left.beside`,
    caughtBy: write('tells afterwards that it was made, and that it was not'),
  },
  {
    name: 'a file is edited by whoever opens it for all',
    file: 'connectors/files/write-stage.ts',
    find: `      await handle.chmod(Number(like.mode & 0o777n));\n`,
    plant: '',
    caughtBy: write('writes what it showed, and nothing else'),
  },
  {
    name: 'the first of several places is replaced',
    file: 'connectors/files/write-text.ts',
    find: `if (first >= 0 && again < 0)`,
    plant: `if (first >= 0 && again < text.length)`,
    caughtBy: write('refuses what is %s, and writes nothing'),
  },
];
