import type { Fault, NamedTest } from './fault.ts';

const theRule = (test: string): NamedTest => ({ file: 'test/core/directory.test.ts', test });
const stored = (test: string): NamedTest => ({ file: 'test/store/sqlite/directory.test.ts', test });

/** Mistakes about who is in the organisation. */
export const ORGANISING: readonly Fault[] = [
  {
    name: 'who left the directory keeps what other sources say of them',
    file: 'src/core/leaf.ts',
    find: `  if (activity.is === 'gone') return () => UNDECIDED;\n`,
    plant: '',
    caughtBy: theRule('who is inactive in it is nobody anywhere, whatever a source still says of them'),
  },
  {
    name: 'one active account of somebody else makes up for no account of their own',
    file: 'src/core/activity.ts',
    find: `(accounts.length > 0 && active.length === 0)`,
    plant: `false`,
    caughtBy: theRule('so is who was linked to an account there that is inactive now, even without its e-mail'),
  },
  {
    name: 'a directory that was never read knows nobody, so everybody is a stranger to it',
    file: 'src/core/activity.ts',
    find: `!read || `,
    plant: '',
    caughtBy: theRule('nobody holds anything before it was read to its end'),
  },
  {
    name: 'a directory past its promise still says who is active',
    file: 'src/core/activity.ts',
    find: `account.active && account.fresh`,
    plant: `account.active`,
    caughtBy: theRule('who was active in it past its promise holds nothing'),
  },
  {
    name: 'a guest of the directory is everyone',
    file: 'src/core/leaf.ts',
    find: `is === 'member' ? 'yes' : 'undecided'`,
    plant: `is === 'member' || is === 'guest' ? 'yes' : 'undecided'`,
    caughtBy: theRule('everyone is who is active in it as a member'),
  },
  {
    name: 'a group that a source says is of the organisation is looked for in that source',
    file: 'src/core/decide.ts',
    find: `isGroup(member) || (isOrg(member) && facts.directory === facts)`,
    plant: `isGroup(member) || isOrg(member)`,
    caughtBy: theRule('a group of a source may hold one'),
  },
  {
    name: 'SQL never looks into the directory',
    file: 'src/store/sqlite/visibility.ts',
    find: `for (const step of organise) step.run({ directory });`,
    plant: `organise.at(1)?.run({ directory });`,
    caughtBy: stored('a group of the directory shows what names it in another source, through groups that hold it there'),
  },
  {
    name: 'a link that ended is forgotten',
    file: 'src/store/sqlite/writing/accounts.ts',
    find: `      remember.run(identity, row.id, commit.at);\n`,
    plant: '',
    caughtBy: stored('whoever is deactivated in the directory sees nothing, also when it forgets their e-mail with that'),
  },
  {
    name: 'an account of theirs that is too old to rely on is somebody else',
    file: 'src/core/leaf.ts',
    find: ` || theirs.has(name)`,
    plant: '',
    caughtBy: { file: 'test/core/decide.test.ts', test: 'is denied by either' },
  },
];
