import type { Change } from '../../src/core/change.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { askAll, askSince, type Caller, isRefusal, type Question } from './api.ts';
import {
  commentDocument,
  type CommentKind,
  commentKey,
  isOnPullRequest,
  issueDocument,
  issueKey,
  issueOf,
  repositoryKey,
} from './map.ts';
import { COMMENT, type Comment, idOf, ISSUE, type Issue, numberOf, type Repository, secondsOf, understood } from './replies.ts';
import type { Settings } from './settings.ts';

/**
 * What is asked again of what was seen before, in seconds: a change that GitHub dates back to before another one, by clocks that
 * differ, is read all the same.
 */
const MARGIN = 120;

/** How far a repository was read: the time of the last change that was seen of each, in seconds since 1970. */
export interface Read {
  readonly issues?: number | undefined;
  readonly comments?: number | undefined;
  readonly reviews?: number | undefined;
}

/** What came of reading: how far it went, and whether all was seen. */
export interface Reading {
  readonly read: Read;
  readonly whole: boolean;
}

/** Issues, pull requests and comments that changed since `from`; all of them where it is empty. */
export async function* issueChanges(
  caller: Caller,
  repository: Repository,
  from: Read | undefined,
): AsyncGenerator<Change<never>, Reading> {
  const { settings } = caller;
  if (!wantsIssues(settings)) return { read: {}, whole: true };
  const again = new Set<number>();
  const issues = yield* issuesSince(caller, repository, from, again);
  // Where issues are switched off there is nothing that a comment could belong to.
  if (issues.off || !settings.read.includes('comments')) return { read: { issues: issues.until }, whole: issues.whole };
  const comments = yield* commentsSince(caller, repository, 'comment', { since: from?.comments, again });
  const reviews = settings.read.includes('pull_requests')
    ? yield* commentsSince(caller, repository, 'review', { since: from?.reviews, again })
    : { until: undefined, whole: true };
  return {
    read: { issues: issues.until, comments: comments.until, reviews: reviews.until },
    whole: issues.whole && comments.whole && reviews.whole,
  };
}

export const wantsIssues = ({ read }: Settings): boolean => read.includes('issues') || read.includes('pull_requests');

/** Whether the settings want this one: GitHub lists pull requests among issues. */
export const isWanted = ({ read }: Settings, isPullRequest: boolean): boolean =>
  read.includes(isPullRequest ? 'pull_requests' : 'issues');

interface Until {
  readonly until: number | undefined;
  readonly whole: boolean;
  /** Whether the repository has no such list. */
  readonly off?: true;
}

async function* issuesSince(
  caller: Caller,
  repository: Repository,
  from: Read | undefined,
  again: Set<number>,
): AsyncGenerator<Change<never>, Until> {
  const { id, full_name } = repository;
  const question = { what: `the issues of ${full_name}`, path: path`/repositories/${id}/issues`, query: { state: 'all' } };
  const progress = progressOf(caller, from?.issues);
  const pages = askSince(caller, question, progress.since);
  for (;;) {
    const page = await pages.next();
    if (page.done) return yield* endOf(repository, progress, page.value);
    for (const reply of page.value) {
      const issue = understood(caller, ISSUE, reply);
      if (issue instanceof AppError) {
        progress.broken(reply);
        const number = numberOf(reply);
        yield { type: 'problem', ...(number !== undefined && { key: issueKey(id, number) }), error: issue };
        continue;
      }
      progress.reached(issue.updated_at);
      if (!isWanted(caller.settings, issue.pull_request !== undefined)) continue;
      yield { type: 'document', document: issueDocument(repository, issue) };
      // A comment that was deleted is in no list of what changed; what it was said about has changed.
      const moved = from?.issues !== undefined && secondsOf(issue.updated_at) > from.issues;
      if (!moved || !caller.settings.read.includes('comments')) continue;
      again.add(issue.number);
      yield* commentsOf(caller, repository, issue);
    }
  }
}

/** All comments of one issue, so that those that are gone go. */
async function* commentsOf(caller: Caller, repository: Repository, issue: Issue): AsyncGenerator<Change<never>> {
  const { id, full_name } = repository;
  const key = issueKey(id, issue.number);
  const what = `the comments of ${full_name}#${issue.number}`;
  yield { type: 'listing', of: key };
  let whole = true;
  for (const kind of issue.pull_request ? (['comment', 'review'] as const) : (['comment'] as const)) {
    const own =
      kind === 'comment'
        ? path`/repositories/${id}/issues/${issue.number}/comments`
        : path`/repositories/${id}/pulls/${issue.number}/comments`;
    const all = await askAll(caller, { what, path: own });
    if (isRefusal(all)) {
      whole = false;
      yield { type: 'problem', key, error: all.refused };
      continue;
    }
    for (const reply of all) {
      const comment = understood(caller, COMMENT, reply);
      whole &&= !(comment instanceof AppError) || idOf(reply) !== undefined;
      yield commentChange(repository, kind, { reply, comment, issue: issue.number });
    }
  }
  if (whole) yield { type: 'complete', of: key };
}

async function* commentsSince(
  caller: Caller,
  repository: Repository,
  kind: CommentKind,
  { since, again }: { readonly since: number | undefined; readonly again: ReadonlySet<number> },
): AsyncGenerator<Change<never>, Until> {
  const { id, full_name } = repository;
  const own = kind === 'comment' ? path`/repositories/${id}/issues/comments` : path`/repositories/${id}/pulls/comments`;
  const question: Question = { what: `the comments of ${full_name}`, path: own };
  const progress = progressOf(caller, since);
  const pages = askSince(caller, question, progress.since);
  for (;;) {
    const page = await pages.next();
    if (page.done) return yield* endOf(repository, progress, page.value);
    for (const reply of page.value) {
      const comment = understood(caller, COMMENT, reply);
      const issue = comment instanceof AppError ? undefined : issueOf(comment);
      if (comment instanceof AppError) progress.broken(reply);
      else progress.reached(comment.updated_at);
      if (issue !== undefined && again.has(issue)) continue;
      if (!(comment instanceof AppError) && !isWanted(caller.settings, isOnPullRequest(comment))) continue;
      yield commentChange(repository, kind, { reply, comment, issue });
    }
  }
}

interface Told {
  readonly reply: unknown;
  readonly comment: Comment | AppError;
  readonly issue: number | undefined;
}

const commentChange = (repository: Repository, kind: CommentKind, { reply, comment, issue }: Told): Change<never> => {
  const number = idOf(reply);
  const key = number === undefined ? {} : { key: commentKey(kind, repository.id, number) };
  if (comment instanceof AppError) return { type: 'problem', ...key, error: comment };
  if (issue !== undefined) return { type: 'document', document: commentDocument(repository, kind, { issue, comment }) };
  return { type: 'problem', ...key, error: new AppError('source_changed', 'A comment does not say what it was said about.') };
};

/**
 * How far a list was read. What could not be understood is asked for again, so nothing after it counts; nor does a time that is not
 * yet, or all that changes until then would be passed over.
 */
const progressOf = ({ now }: Pick<Caller, 'now'>, from: number | undefined) => {
  const latest = now().getTime() / 1000;
  let until = from;
  let bound = Infinity;
  return {
    since: from === undefined ? undefined : Math.max(0, from - MARGIN),
    get until() {
      return until === undefined ? undefined : Math.min(until, bound);
    },
    reached(written: string) {
      const at = secondsOf(written);
      if (at <= latest) until = Math.max(until ?? 0, at);
    },
    broken(reply: unknown) {
      const written = typeof reply === 'object' && reply !== null && 'updated_at' in reply ? reply.updated_at : undefined;
      bound = Math.min(bound, (typeof written === 'string' && Date.parse(written) / 1000) || from || 0);
    },
  };
};

/** A list that was refused was not read whole. One of a repository that has issues switched off (410) has nothing in it. */
function* endOf(
  { id, has_issues }: Repository,
  { until }: ReturnType<typeof progressOf>,
  refused: { readonly refused: AppError; readonly status: number } | undefined,
): Generator<Change<never>, Until> {
  if (!refused) return { until, whole: true };
  if (refused.status === 410 && !has_issues) return { until: undefined, whole: true, off: true };
  yield { type: 'problem', key: repositoryKey(id), error: refused.refused };
  return { until: undefined, whole: false };
}
