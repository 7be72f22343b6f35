import type { Fault, NamedTest } from './fault.ts';

const runner: NamedTest = {
  file: 'test/ingest/standing.test.ts',
  test: 'of a run with problems that have names, what is said to stand by itself is confirmed, and nothing of one that lost something',
};
const github = (test: string): NamedTest => ({ file: 'test/connectors/github-standing.test.ts', test });

const goingOn = (test: string): NamedTest => ({ file: 'test/connectors/github-broken-off.test.ts', test });

/** Mistakes about what still stands where something was refused, or broke off. */
export const STANDING: readonly Fault[] = [
  {
    name: 'what is said to stand is confirmed though nobody can say what was lost',
    file: 'src/ingest/intake.ts',
    find: `else if (!lost) await writer.write([...standing]`,
    plant: `else await writer.write([...standing]`,
    caughtBy: runner,
  },
  {
    name: 'contents that stand confirm permissions',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `permissionsAt: write.only === 'contents' ? null : seen.permissionsAt,`,
    plant: `permissionsAt: seen.permissionsAt,`,
    caughtBy: runner,
  },
  {
    name: 'permissions that stand confirm contents',
    file: 'src/store/sqlite/writing/source-writer.ts',
    find: `contentsAt: write.only === 'permissions' ? null : seen.contentsAt,`,
    plant: `contentsAt: seen.contentsAt,`,
    caughtBy: runner,
  },
  {
    name: 'one repository that is refused keeps who may see all others from being confirmed',
    file: 'connectors/github/sync.ts',
    find: `if (permissions === true) yield`,
    plant: `if (permissions === true && contents) yield`,
    caughtBy: github('who may see what stands where the contents of one repository are refused'),
  },
  {
    name: 'permissions stand though nobody said who is a member',
    file: 'connectors/github/sync.ts',
    find: `lost.length === 0 && whole;`,
    plant: `lost.length === 0 && (whole || true);`,
    caughtBy: github('where it is not told who is a member, nothing stands'),
  },
  {
    name: 'a listing that broke off goes on though something that it read is gone',
    file: 'connectors/github/cursor.ts',
    find: `listing.read.some((id) => gone.includes(id)) ? undefined : listing;`,
    plant: `gone.length > listing.read.length ? undefined : listing;`,
    caughtBy: goingOn('where a repository that was read is gone, it begins anew, and nothing of that is left'),
  },
  {
    name: 'what a listing read that broke off is taken for read by every later one',
    file: 'connectors/github/sync.ts',
    find: `const open = whole ? undefined : cursor?.listing;`,
    plant: `const open = cursor?.listing;`,
    caughtBy: goingOn('the next listing is a whole one again'),
  },
];
