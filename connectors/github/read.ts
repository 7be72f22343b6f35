import type { Acl } from '../../src/core/acl.ts';
import type { Run } from '../../src/core/connector.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { readAccess } from './access.ts';
import { type Caller, isRefusal } from './api.ts';
import { fileOf, headOf, isWantedFile } from './files.ts';
import { isWanted, wantsIssues } from './issues.ts';
import {
  commentDocument,
  type CommentKind,
  fileDocument,
  isOnPullRequest,
  issueDocument,
  issueOf,
  type Named,
  namedBy,
} from './map.ts';
import { askFor, COMMENT, FILE, ISSUE, type Kind, PERMISSION, type Repository, visibilityOf } from './replies.ts';
import { byId, isMeant } from './repositories.ts';
import type { Settings } from './settings.ts';
import { readPage } from './wiki.ts';

type Live = SourceDocument | 'gone' | 'forbidden';

/**
 * One document, now. GitHub is asked whether this person may see its repository; where nobody in particular asks, it is asked who
 * may. Whatever it does not answer is nothing that anybody sees.
 */
export const readDocument = async (key: string, run: Run<Settings, never>, as?: Account): Promise<Live> => {
  run.signal.throwIfAborted();
  const named = namedBy(key);
  if (!named) return 'gone';
  const repository = await byId(run, named.repository);
  if (!repository) return 'gone';
  if ('error' in repository) return 'forbidden';
  if (!isOurs(run.settings, repository)) return 'gone';
  const acl = as ? await aclAs(run, repository, as) : (await readAccess(run, [repository])).acls.get(repository.id);
  if (!acl || 'unknown' in acl) return 'forbidden';
  const document = await documentOf(run, repository, named);
  return typeof document === 'string' ? document : { ...document, acl };
};

/** A renamed repository is still one of those that were named. */
const isOurs = (settings: Settings, repository: Repository): boolean =>
  isMeant(settings, repository) ||
  settings.repositories.some((named) => named.toLowerCase().startsWith(`${repository.owner.login.toLowerCase()}/`));

/** Whether one person may see a repository, by the name they had when we last met. The name may be another's by now. */
const aclAs = async (run: Caller, repository: Repository, as: Account): Promise<Acl | undefined> => {
  const { id, full_name } = repository;
  const from = `repository ${full_name}`;
  if (visibilityOf(repository) === 'public') return { terms: [{ allow: ['public'], deny: [], from }] };
  if (as.name === undefined) return undefined;
  const said = await told(run, PERMISSION, path`/repositories/${id}/collaborators/${as.name}/permission`);
  if (typeof said === 'string' || String(said.user?.id) !== as.id || said.permission === 'none') return undefined;
  return { terms: [{ allow: [`user:${as.id}`], deny: [], from }] };
};

const documentOf = async (run: Caller, repository: Repository, named: Named): Promise<Live> => {
  if (named.kind === 'page') return readPage(run, repository, named.path);
  if (named.kind === 'file') return readFile(run, repository, named.path);
  if (!wantsIssues(run.settings)) return 'gone';
  if (named.kind === 'issue') return readIssue(run, repository, named.number);
  return readComment(run, repository, named.kind, named.number);
};

const readIssue = async (run: Caller, repository: Repository, number: number): Promise<Live> => {
  const issue = await told(run, ISSUE, path`/repositories/${repository.id}/issues/${number}`);
  if (typeof issue === 'string') return issue;
  if (issue.number !== number || !isWanted(run.settings, issue.pull_request !== undefined)) return 'gone';
  return issueDocument(repository, issue);
};

const readComment = async (run: Caller, repository: Repository, kind: CommentKind, id: number): Promise<Live> => {
  if (!run.settings.read.includes('comments')) return 'gone';
  const from =
    kind === 'comment'
      ? path`/repositories/${repository.id}/issues/comments/${id}`
      : path`/repositories/${repository.id}/pulls/comments/${id}`;
  const comment = await told(run, COMMENT, from);
  if (typeof comment === 'string') return comment;
  const issue = issueOf(comment);
  if (issue === undefined || comment.id !== id || !isWanted(run.settings, isOnPullRequest(comment))) return 'gone';
  return commentDocument(repository, kind, { issue, comment });
};

const readFile = async (run: Caller, repository: Repository, file: string): Promise<Live> => {
  if (!isWantedFile(run.settings, file)) return 'gone';
  const head = await headOf(run, repository);
  if (!head) return 'gone';
  if (head instanceof AppError) return 'forbidden';
  const below = file
    .split('/')
    .map((name) => path`${name}`)
    .join('/');
  const found = await told(run, FILE, `${path`/repositories/${repository.id}/contents`}/${below}`, { ref: head.sha });
  if (typeof found === 'string') return found;
  if (found.type !== 'file' || found.path !== file) return 'gone';
  return fileDocument(repository, fileOf(run, repository, found, head.at));
};

/** One thing, understood. What is moved (301) or gone (404, 410) is gone. */
const told = async <T extends object>(
  run: Caller,
  kind: Kind<T>,
  from: string,
  query: Readonly<Record<string, string>> = {},
): Promise<T | 'gone' | 'forbidden'> => {
  const said = await askFor(run, kind, { what: 'what was asked for', path: from, query });
  if (!isRefusal(said)) return said;
  return [301, 404, 410].includes(said.status) ? 'gone' : 'forbidden';
};
