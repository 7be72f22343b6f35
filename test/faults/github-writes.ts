import type { Fault, NamedTest } from './fault.ts';

const comment = (test: string): NamedTest => ({ file: 'test/connectors/github-comments.test.ts', test });
const write = (test: string): NamedTest => ({ file: 'test/connectors/github-writes.test.ts', test });

/** Mistakes about writing to GitHub: by whom, what, how often, and what is said of it afterwards. */
export const GITHUB_WRITES: readonly Fault[] = [
  {
    name: 'somebody writes by the right of whoever has their name at GitHub now',
    file: 'connectors/github/write-calls.ts',
    find: `  return String(said.user?.id) === as.id ? said.permission : 'none';`,
    plant: `  return said.permission;`,
    caughtBy: write('whose name is another’s by now is nobody’s'),
  },
  {
    name: 'an issue is opened by whoever may not read its repository',
    file: 'connectors/github/write-issue.ts',
    find: `    await mustHave(run, repository, as, needsToOpen(input));\n`,
    plant: '',
    caughtBy: write('is not for %s, who may not read the repository'),
  },
  {
    name: 'an issue is opened for another audience than was shown',
    file: 'connectors/github/write-issue.ts',
    find: `    if (shapeOf(repository) !== intent.revision) throw moved();\n`,
    plant: '',
    caughtBy: write('is a conflict once its repository %s'),
  },
  {
    name: 'an issue is written in a repository that this source does not read',
    file: 'connectors/github/write-issue.ts',
    find: `  if (!repository) throw new AppError('not_found', \`There is no repository`,
    plant: `  if (repository === null) throw new AppError('not_found', \`There is no repository`,
    caughtBy: write('%s is refused before anything is written'),
  },
  {
    name: 'a whole team is notified',
    file: 'connectors/github/write-text.ts',
    find: `if (team !== undefined && name.toLowerCase() === owner.login.toLowerCase()) {`,
    plant: `if (team !== undefined && name === owner.login) {`,
    caughtBy: write('%s is refused before anything is written'),
  },
  {
    name: 'an update is written over what somebody else changed meanwhile',
    file: 'connectors/github/write-update.ts',
    find: `    if (revisionOf(repository, issue) !== intent.revision) throw moved();\n`,
    plant: '',
    caughtBy: write('finds the issue as it was shown, or changes nothing'),
  },
  {
    name: 'the words of others are changed by whoever may only triage',
    file: 'connectors/github/write-update.ts',
    find: `isAtLeast(right, 'triage') && (words || isOwn)`,
    plant: `isAtLeast(right, 'triage')`,
    caughtBy: write('with the role %s of %j: %s'),
  },
  {
    name: 'what nobody knows yet is said not to have been written',
    file: 'connectors/github/write-issue.ts',
    find: `> ARRIVED_WITHIN) return 'absent';`,
    plant: `> -1) return 'absent';`,
    caughtBy: write('that GitHub took and did not answer for is found again by its mark'),
  },
  {
    name: 'another write is taken for this one',
    file: 'connectors/github/write-text.ts',
    find: `text?.includes(markOf(intent)) === true`,
    plant: `MARK.test(text ?? '')`,
    caughtBy: write('that GitHub took and did not answer for is found again by its mark'),
  },
  {
    name: 'what is not reached any more is gone',
    file: 'connectors/github/write-comment.ts',
    find: `if (!repository) return 'unreached';`,
    plant: `if (!repository) return 'gone';`,
    caughtBy: comment('that was taken away or not, nobody says once %s'),
  },
  {
    name: 'what was moved elsewhere is gone',
    file: 'connectors/github/write-comment.ts',
    find: `if (comment.status === 301)`,
    plant: `if (comment.status === 302)`,
    caughtBy: comment('that was taken away or not, nobody says once %s'),
  },
  {
    name: 'a mention in the words of HTML is none',
    file: 'connectors/github/write-text.ts',
    find: `of decoded(text).matchAll(MENTION)`,
    plant: `of text.normalize('NFKC').matchAll(MENTION)`,
    caughtBy: write('%s is refused before anything is written'),
  },
  {
    name: 'a title has many lines',
    file: 'connectors/github/write-text.ts',
    find: `!/[\\p{Cc}\\p{Zl}\\p{Zp}]/u.test(given)`,
    plant: `given !== ''`,
    caughtBy: write('has a title: not %j'),
  },
  {
    name: 'a comment of somebody else is deleted',
    file: 'connectors/github/write-comment.ts',
    find: `const isOurs = ({ body }: Comment): boolean => unmarked(body) !== body;`,
    plant: `const isOurs = ({ body }: Comment): boolean => body !== '';`,
    caughtBy: comment('of somebody else is not taken away'),
  },
  {
    name: 'what was sent on is taken for nothing that happened',
    file: 'connectors/github/write-calls.ts',
    find: `const isRefused = (status: number): status is keyof typeof REFUSED => status in REFUSED;`,
    plant: `const isRefused = (status: number): status is keyof typeof REFUSED => status in REFUSED || status === 301;`,
    caughtBy: comment('with %d is %s, and sent once'),
  },
];
