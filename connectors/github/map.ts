import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import type { Normalised } from '../../src/core/normalised.ts';
import type { Comment, Issue, Repository, User } from './replies.ts';
import { unmarked } from './write-text.ts';

/** What a source says of the fields of its documents. */
export const NORMALISED: Normalised = {
  issue: {
    assignee: true,
    closed_at: true,
    created_at: true,
    status: true,
    due_at: 'An issue has none; its milestone may, which is not its own.',
    priority: 'An issue has none.',
  },
  comment: { created_at: true },
  page: { created_at: 'The past of a wiki is not fetched.', status: 'A page of a wiki has none.' },
  file: { media_type: true, size: true, created_at: 'Git keeps no such time of a file.' },
};

/** Keys are made of what GitHub never gives to another: never of names. */
export const repositoryKey = (repository: number): string => `repo:${repository}`;
export const filesKey = (repository: number): string => `files:${repository}`;
export const wikiKey = (repository: number): string => `wiki:${repository}`;
export const issueKey = (repository: number, number: number): string => `issue:${repository}/${number}`;
export const fileKey = (repository: number, path: string): string => `file:${repository}/${path}`;
const pageKey = (repository: number, path: string): string => `page:${repository}/${path}`;
export const commentKey = (kind: CommentKind, repository: number, comment: number): string => `${kind}:${repository}/${comment}`;

/** A comment on an issue or pull request, or on the code of one. */
export type CommentKind = 'comment' | 'review';

/** What a key stands for; undefined for what is no key of a document. */
export type Named =
  | { readonly kind: 'issue' | CommentKind; readonly repository: number; readonly number: number }
  | { readonly kind: 'file'; readonly repository: number; readonly path: string }
  | { readonly kind: 'page'; readonly repository: number; readonly path: string };

export const namedBy = (key: string): Named | undefined => {
  const [, kind, repository, rest = ''] = /^(issue|comment|review|file|page):([1-9]\d{0,14})\/(.+)$/su.exec(key) ?? [];
  if (kind === 'file' || kind === 'page') return { kind, repository: Number(repository), path: rest };
  if (kind !== 'issue' && kind !== 'comment' && kind !== 'review') return undefined;
  return /^[1-9]\d{0,14}$/u.test(rest) ? { kind, repository: Number(repository), number: Number(rest) } : undefined;
};

/** A repository: who may see it may see all that is in it. */
export const repositoryChange = ({ id, full_name, archived }: Repository, acl: Acl): Change<never> => ({
  type: 'container',
  key: repositoryKey(id),
  title: archived ? `${full_name} (archived)` : full_name,
  acl,
});

/** Its files, so that they can be listed whole by themselves. */
export const filesChange = ({ id, full_name }: Repository): Change<never> => ({
  type: 'container',
  key: filesKey(id),
  title: `files of ${full_name}`,
  parent: repositoryKey(id),
  acl: audienceOf(repositoryKey(id), full_name),
});

/** Its wiki, likewise: GitHub shows it to whoever may see the repository, and to nobody else. */
export const wikiChange = ({ id, full_name }: Repository): Change<never> => ({
  type: 'container',
  key: wikiKey(id),
  title: `wiki of ${full_name}`,
  parent: repositoryKey(id),
  acl: audienceOf(repositoryKey(id), full_name),
});

/** Whoever may see what it belongs to. */
const audienceOf = (key: string, from: string): Acl => ({ terms: [{ allow: [`audience:${key}`], deny: [], from }] });

/** An issue or a pull request. Its labels are labels: a client may be forbidden to carry them. */
export const issueDocument = ({ id, full_name }: Repository, issue: Issue): SourceDocument => ({
  key: issueKey(id, issue.number),
  title: issue.title,
  type: 'issue',
  parent: repositoryKey(id),
  url: issue.html_url,
  updatedAt: new Date(issue.updated_at),
  acl: audienceOf(repositoryKey(id), `repository ${full_name}`),
  body: { kind: 'text', text: unmarked(issue.body), format: 'markdown' },
  ...authorOf(issue.user),
  labels: [...new Set(issue.labels.flatMap((label) => (typeof label === 'string' ? label : label.name) || []))].toSorted(),
  fields: {
    status: issue.pull_request?.merged_at ? 'merged' : issue.state,
    assignee: issue.assignee?.login ?? null,
    created_at: new Date(issue.created_at).toISOString(),
    closed_at: issue.closed_at === null ? null : new Date(issue.closed_at).toISOString(),
  },
});

/** The number of the issue that a comment belongs to; undefined where it does not say. */
export const issueOf = ({ issue_url, pull_request_url }: Comment): number | undefined => {
  const [, number] = /\/([1-9]\d{0,14})$/u.exec(issue_url ?? pull_request_url ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
};

/** Whether a comment stands below a pull request: its address says so. */
export const isOnPullRequest = ({ html_url }: Comment): boolean => /\/pull\/\d+(?:#.*)?$/u.test(html_url);

/** A comment, seen by whoever sees what it was said about. */
export const commentDocument = (
  { id, full_name }: Repository,
  kind: CommentKind,
  { issue, comment }: { readonly issue: number; readonly comment: Comment },
): SourceDocument => ({
  key: commentKey(kind, id, comment.id),
  title: `Comment on ${full_name}#${issue}`,
  type: 'comment',
  parent: issueKey(id, issue),
  url: comment.html_url,
  updatedAt: new Date(comment.updated_at),
  acl: audienceOf(issueKey(id, issue), `issue ${issue}`),
  body: { kind: 'text', text: unmarked(comment.body), format: 'markdown' },
  ...authorOf(comment.user),
  fields: { created_at: new Date(comment.created_at).toISOString() },
});

/** A file as of one commit. */
export interface FileAt {
  readonly path: string;
  readonly sha: string;
  readonly size: number;
  readonly mediaType: string;
  /** When its branch was last written to: what of a file itself is not told. */
  readonly at: string;
  readonly read: (signal: AbortSignal) => Promise<Uint8Array>;
}

/** A file. Its revision is its content's own name, so what did not change is not read. */
export const fileDocument = (repository: Repository, { path, sha, size, mediaType, at, read }: FileAt): SourceDocument => ({
  key: fileKey(repository.id, path),
  title: path,
  type: 'file',
  parent: filesKey(repository.id),
  url: `${repository.html_url}/blob/${[...repository.default_branch.split('/'), ...path.split('/')].map(encodeURIComponent).join('/')}`,
  updatedAt: new Date(at),
  acl: audienceOf(filesKey(repository.id), `files of ${repository.full_name}`),
  body: { kind: 'bytes', mediaType, size, read },
  revision: sha,
  fields: { media_type: mediaType, size },
});

/** A page of a wiki as of one commit. */
export interface PageAt {
  readonly path: string;
  readonly sha: string;
  readonly mediaType: string;
  /** When its wiki was last written to. */
  readonly at: Date;
  readonly read: (signal: AbortSignal) => Promise<Uint8Array>;
}

/** A page of a wiki, called as GitHub calls it: by the name of its file alone, with spaces for hyphens. */
export const pageDocument = (repository: Repository, { path, sha, mediaType, at, read }: PageAt): SourceDocument => ({
  key: pageKey(repository.id, path),
  title: pageName(path).replaceAll('-', ' '),
  type: 'page',
  parent: wikiKey(repository.id),
  url: `${repository.html_url}/wiki/${encodeURIComponent(pageName(path))}`,
  updatedAt: at,
  acl: audienceOf(wikiKey(repository.id), `wiki of ${repository.full_name}`),
  body: { kind: 'bytes', mediaType, read },
  revision: sha,
});

const pageName = (path: string): string => path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('.'));

/** What is read of a page by its name; undefined for what is no page: a picture, or what GitHub shows around every page. */
export const pageTypeOf = (path: string): string | undefined => {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || /^_(?:sidebar|footer|header)$/u.test(name.slice(0, dot))) return undefined;
  return { ...MEDIA_TYPES, ...PAGE_TYPES }[name.slice(dot + 1)];
};

/** Absent for a user that is no more. */
const authorOf = (user: User | null): { author?: `user:${number}` } => (user ? { author: `user:${user.id}` } : {});

/** What is read of a file by its name; undefined for what is no text. */
export const mediaTypeOf = (path: string): string | undefined => {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  if (dot <= 0)
    return /^(?:readme|license|notice|authors|changelog|contributing|codeowners)$/u.test(name) ? 'text/plain' : undefined;
  return MEDIA_TYPES[name.slice(dot + 1)];
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  md: 'text/markdown',
  markdown: 'text/markdown',
  mdx: 'text/markdown',
  txt: 'text/plain',
  text: 'text/plain',
  rst: 'text/plain',
  adoc: 'text/plain',
  org: 'text/plain',
  html: 'text/html',
  htm: 'text/html',
};

/** What a wiki can be written in beside those. */
const PAGE_TYPES: Readonly<Record<string, string>> = {
  mdown: 'text/markdown',
  mkdn: 'text/markdown',
  mkd: 'text/markdown',
  asciidoc: 'text/plain',
  asc: 'text/plain',
  creole: 'text/plain',
  mediawiki: 'text/plain',
  wiki: 'text/plain',
  pod: 'text/plain',
  rdoc: 'text/plain',
  textile: 'text/plain',
};
