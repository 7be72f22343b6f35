import type { Fault, NamedTest } from './fault.ts';

const access = (test: string): NamedTest => ({ file: 'test/connectors/github-access.test.ts', test });
const following = (test: string): NamedTest => ({ file: 'test/connectors/github-following.test.ts', test });
const reply = (test: string): NamedTest => ({ file: 'test/connectors/github-replies.test.ts', test });
const live = (test: string): NamedTest => ({ file: 'test/connectors/github-live.test.ts', test });

/** Mistakes about GitHub: who may see what, and what of it is missed. */
export const GITHUB: readonly Fault[] = [
  {
    name: 'members see private repositories whatever their organisation says',
    file: 'connectors/github/access.ts',
    find: `? base !== 'none'`,
    plant: `? base !== 'unheard of'`,
    caughtBy: access('is seen by owners, its team and the teams below it, and its collaborators; not by who was merely invited'),
  },
  {
    name: 'a base permission that is not told is taken for none',
    file: 'connectors/github/access.ts',
    find: `  if (seen instanceof AppError) return unknown(seen);\n`,
    plant: '',
    caughtBy: access('is unknown too where the token is not an owner’s: whether members may see private repositories'),
  },
  {
    name: 'teams that are not told are no teams',
    file: 'connectors/github/access.ts',
    find: `  if (teams instanceof AppError) return unknown(teams);`,
    plant: `  if (teams instanceof AppError) return { ...none, acl: only([ownersGroup(owner.id)]) };`,
    caughtBy: access('is unknown, and nobody sees the repository: %s'),
  },
  {
    name: 'an entry that cannot be understood is left out of a list of collaborators',
    file: 'connectors/github/access.ts',
    find: `    if (one instanceof AppError) return one;`,
    plant: `    if (one instanceof AppError) continue;`,
    caughtBy: reply('with a collaborator nobody understands is not shown to the others alone'),
  },
  {
    name: 'an answer in part for want of single sign-on is taken for whole',
    file: 'connectors/github/api.ts',
    find: `response.status === 200 && sso === null`,
    plant: `response.status === 200`,
    caughtBy: access('for want of single sign-on says so, and shows nothing on the strength of a part'),
  },
  {
    name: 'pages that do not follow one another make a list',
    file: 'connectors/github/api.ts',
    find: `said !== null && said !== String(page + 1)`,
    plant: `said !== null && said === ''`,
    caughtBy: reply('that %s make no whole list: nothing is deleted, and nobody is let in'),
  },
  {
    name: 'a list in any order is believed',
    file: 'connectors/github/api.ts',
    find: `if (mark.updated_at < at) return false;`,
    plant: `if (mark.updated_at < at) return true;`,
    caughtBy: reply('in another order than was asked for are not believed: something would be passed over'),
  },
  {
    name: 'pages are counted, though what is on them moves',
    file: 'connectors/github/api.ts',
    find: `if (last !== undefined && last > (since ?? -1)) {`,
    plant: `if (last !== undefined && last > Infinity) {`,
    caughtBy: reply('of things that change while they are read pass none of them over'),
  },
  {
    name: 'a refused page is the end of its list',
    file: 'connectors/github/issues.ts',
    find: `  if (!refused) return`,
    plant: `  if (!refused || refused.status === 422) return`,
    caughtBy: reply('that are refused in the middle delete nothing'),
  },
  {
    name: 'what GitHub dates back is missed',
    file: 'connectors/github/issues.ts',
    find: `Math.max(0, from - MARGIN)`,
    plant: `Math.max(0, from + 1)`,
    caughtBy: following('reads what GitHub dates back a little'),
  },
  {
    name: 'a repository that says it is private and public is public',
    file: 'connectors/github/replies.ts',
    find: `!said.private || said.visibility !== 'public'`,
    plant: `said.visibility !== undefined`,
    caughtBy: reply('%s goes dark, and nothing of it is deleted'),
  },
  {
    name: 'the only repository is deleted as soon as it is not found',
    file: 'connectors/github/sync.ts',
    find: `return gone.length > 0;`,
    plant: `return gone.length > 1;`,
    caughtBy: following('the only repository, where it is gone, is deleted by nobody but who says so'),
  },
  {
    name: 'whom only a refused list would name is gone',
    file: 'connectors/github/access.ts',
    find: `whole && readers.every(({ error }) => !error)`,
    plant: `whole`,
    caughtBy: access('takes nobody for gone whom only that would name: %s'),
  },
  {
    name: 'a time to come is where the next run begins',
    file: 'connectors/github/issues.ts',
    find: `if (at <= latest) until`,
    plant: `until`,
    caughtBy: following('reads what comes after an issue that is dated in times to come'),
  },
  {
    name: 'a record that was not understood is never asked for again',
    file: 'connectors/github/issues.ts',
    find: `Math.min(until, bound)`,
    plant: `Math.min(until, Math.max(bound, until))`,
    caughtBy: reply('that %s is a problem of its own, and the others are read'),
  },
  {
    name: 'a comment is seen by whoever may see anything',
    file: 'connectors/github/map.ts',
    find: `acl: audienceOf(issueKey(id, issue), \`issue \${issue}\`),`,
    plant: `acl: { terms: [{ allow: ['public'], deny: [], from: '' }] },`,
    caughtBy: access('is seen by owners, its team and the teams below it, and its collaborators; not by who was merely invited'),
  },
  {
    name: 'a repository that went to another owner is still ours',
    file: 'connectors/github/repositories.ts',
    find: `'error' in one || isMeant(settings, one))`,
    plant: `'error' in one || one.id > 0)`,
    caughtBy: following('that went to another owner is gone: %o'),
  },
  {
    name: 'what a list leaves out is gone',
    file: 'connectors/github/repositories.ts',
    find: `  const missing = known.filter((id) => !seen.has(id));`,
    plant: `  const missing = known.filter((id) => !seen.has(id) && id < 0);`,
    caughtBy: following('that GitHub leaves out of a list and still has is not gone'),
  },
  {
    name: 'repositories that are gone in number are deleted at once',
    file: 'connectors/github/sync.ts',
    find: `  return gone.length > 1 && gone.length > GONE_RATIO`,
    plant: `  return gone.length > 1_000_000 && gone.length > GONE_RATIO`,
    caughtBy: following('repositories that are gone in number are seen by nobody and deleted by nobody but who says so'),
  },
  {
    name: 'what is gone in number stays as it was until it is deleted',
    file: 'connectors/github/sync.ts',
    find: `  for (const id of selection.gone)
    yield { type: 'acl', key: repositoryKey(id), acl: { unknown: 'GitHub does not show it any more' } };\n`,
    plant: '',
    caughtBy: following('repositories that are gone in number are seen by nobody and deleted by nobody but who says so'),
  },
  {
    name: 'a repository that cannot be read is taken for deleted',
    file: 'connectors/github/sync.ts',
    find: `selection.lost.length === 0 && selection.dark.size === 0 &&`,
    plant: `selection.lost.length === 0 &&`,
    caughtBy: following('that is there and not given goes dark, and nothing of it is deleted'),
  },
  {
    name: 'contents alone do not see that a repository went private',
    file: 'connectors/github/sync.ts',
    find: `whole || due.permissions || hasMoved(run, selection)`,
    plant: `whole || due.permissions`,
    caughtBy: access('contents alone, read without permissions, still see that a repository went private'),
  },
  {
    name: 'a person is asked about by a name alone',
    file: 'connectors/github/read.ts',
    find: `String(said.user.id) !== as.id || `,
    plant: '',
    caughtBy: live('a name that is another’s by now is nobody’s'),
  },
  {
    name: 'a delivery is believed whoever signed it',
    file: 'connectors/github/hook.ts',
    find: `timingSafeEqual(meant, Buffer.from(written, 'hex')) ? id : undefined`,
    plant: `timingSafeEqual(meant, meant) ? id : undefined`,
    caughtBy: live('that is signed %s is not taken'),
  },
];
