import type { Fault, NamedTest } from './fault.ts';

const theRule = (test: string): NamedTest => ({ file: 'test/core/decide.test.ts', test });
const kept = (test: string): NamedTest => ({ file: 'test/access/visibility.test.ts', test });
const SQL: NamedTest = {
  file: 'test/store/sqlite/visibility.test.ts',
  test: 'what SQL shows is what the reference rule allows, on the stored rows and on the world itself',
};

/** Mistakes in the rule, in its reference form and in SQL, and in how long a decision stands. */
export const DECIDING: readonly Fault[] = [
  {
    name: 'the rule ignores denies',
    file: 'src/core/decide.ts',
    find: `  if (denied.some(({ is }) => is !== 'no')) return undefined;\n`,
    plant: '',
    caughtBy: theRule('a deny beats an allow of the same person'),
  },
  {
    name: 'SQL ignores denies',
    file: 'src/store/sqlite/visibility.ts',
    find: `\n    AND acl_grant.term NOT IN (SELECT term FROM temp.denied_term)`,
    plant: '',
    caughtBy: SQL,
  },
  {
    name: 'the rule takes undecided for no, so that it triggers no deny',
    file: 'src/core/decide.ts',
    find: `denied.some(({ is }) => is !== 'no')`,
    plant: `denied.some(({ is }) => is === 'yes')`,
    caughtBy: theRule('a denied group that was never listed denies all'),
  },
  {
    name: 'SQL takes a group that was never listed for an empty one',
    file: 'src/store/sqlite/visibility.ts',
    find: `WHERE principal.id NOT IN (SELECT principal FROM temp.listed_group)`,
    plant: `WHERE principal.id IN (SELECT principal FROM member_group WHERE listed_at IS NOT NULL)
      AND principal.id NOT IN (SELECT principal FROM temp.listed_group)`,
    caughtBy: SQL,
  },
  {
    name: 'undecided satisfies an allow',
    file: 'src/core/decide.ts',
    find: `if (allowed.is === 'yes') return`,
    plant: `if (allowed.is !== 'no') return`,
    caughtBy: theRule('a listing past its promise holds nobody'),
  },
  {
    name: 'one term that holds is enough for the rule',
    file: 'src/core/decide.ts',
    find: `(oldest === undefined || at === undefined ? undefined : Math.min(oldest, at)), Infinity)`,
    plant: `(at === undefined ? oldest : Math.min(oldest ?? Infinity, at)), undefined)`,
    caughtBy: theRule('one term that holds for nobody darkens all'),
  },
  {
    name: 'one term that holds is enough for SQL',
    file: 'src/store/sqlite/visibility.ts',
    find: `
    AND NOT EXISTS (
      SELECT 1
      FROM acl_term AS other
      WHERE other.acl = acl.id AND other.id NOT IN (SELECT term FROM temp.held_term))`,
    plant: '',
    caughtBy: SQL,
  },
  {
    name: 'a container that is deleted restricts nobody any more',
    file: 'src/core/decide.ts',
    find: `const at = holding.get(nameOf(principal));`,
    plant: `const at = facts.audience(nameOf(principal)) ? holding.get(nameOf(principal)) : Infinity;`,
    caughtBy: theRule('a folder that is not there holds for nobody, an own grant beside it does'),
  },
  {
    name: 'a guest counts as everyone',
    file: 'src/core/leaf.ts',
    find: `guest || gone || stale ?`,
    plant: `gone || stale ?`,
    caughtBy: theRule('everyone is who has an e-mail of ours, but no guest and nobody who left'),
  },
  {
    name: 'an account that was deactivated still is somebody',
    file: 'src/core/leaf.ts',
    find: `linked && active && fresh`,
    plant: `linked && fresh`,
    caughtBy: theRule('is nobody, and might be anybody'),
  },
  {
    name: 'stale accounts decide',
    file: 'src/core/leaf.ts',
    find: `linked && active && fresh`,
    plant: `linked && active`,
    caughtBy: theRule('allow nothing'),
  },
  {
    name: 'a group of one source is taken for that of another',
    file: 'src/store/sqlite/facts.ts',
    find: `JOIN principal ON principal.source = source.id AND principal.kind = 'group'`,
    plant: `JOIN principal ON principal.kind = 'group'`,
    caughtBy: SQL,
  },
  {
    name: 'a visibility outlives the epoch',
    file: 'src/access/visibility.ts',
    find: 'if (stamp !== `${databaseId} ${epoch}`) {',
    plant: 'if (!stamp.startsWith(databaseId)) {',
    caughtBy: kept('the moment a member is taken out of a group'),
  },
  {
    name: 'a visibility outlives the promises it rests on',
    file: 'src/access/visibility.ts',
    find: ` && now <= held.until`,
    plant: '',
    caughtBy: kept('when the first promise it rests on runs out'),
  },
  {
    name: 'a visibility that something past its promise shut outlives the commit that confirms it',
    file: 'src/access/visibility.ts',
    find: ` && (!held.stale || version === reading.basis.version)`,
    plant: '',
    caughtBy: kept('when a running sync confirms what had run past its promise, before the run ends'),
  },
  {
    name: 'a visibility outlives the index it was decided on',
    file: 'src/access/visibility.ts',
    find: 'if (stamp !== `${databaseId} ${epoch}`) {',
    plant: 'if (!stamp.endsWith(` ${epoch}`)) {',
    caughtBy: kept('when a backup was restored in place of the index'),
  },
  {
    name: 'a visibility is kept by subject, whoever issued it',
    file: 'src/access/visibility.ts',
    find: `JSON.stringify([identity.issuer, identity.subject, identity.email])`,
    plant: `JSON.stringify([identity.subject])`,
    caughtBy: kept('for one identity, and decided anew for another, or for the same with another e-mail'),
  },
];
