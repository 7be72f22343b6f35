import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import { defineConnector, type Run } from '../../src/core/connector.ts';
import { type Access, readAccess } from './access.ts';
import { VERSION } from './api.ts';
import { OPERATIONS } from './calls.ts';
import { type FilesRead, fileChanges } from './files.ts';
import { hook } from './hook.ts';
import { issueChanges, type Reading } from './issues.ts';
import { NORMALISED, repositoryChange, repositoryKey } from './map.ts';
import { peopleChanges } from './people.ts';
import { readDocument } from './read.ts';
import { type Repository, visibilityOf } from './replies.ts';
import { selectRepositories, type Selection } from './repositories.ts';
import { type Settings, settingsSchema, webOf } from './settings.ts';
import { wikiChanges } from './wiki.ts';
import { addComment, deleteComment } from './write-comment.ts';
import { createIssue } from './write-issue.ts';
import { updateIssue } from './write-update.ts';

/** More repositories that are gone at once than this part of them, and than one, are judged by a whole listing; so are all of them. */
const GONE_RATIO = 0.2;

/** The shape of a repository that was not read yet: no other is this. */
const NEVER = '';

const repositoryState = z.strictObject({
  /** What all its documents say of it: where that differs they are read again. */
  shape: z.string(),
  issues: z.number().exactOptional(),
  comments: z.number().exactOptional(),
  reviews: z.number().exactOptional(),
  head: z.string().exactOptional(),
  wiki: z.string().exactOptional(),
});
type RepositoryState = z.infer<typeof repositoryState>;

const cursorSchema = z.strictObject({
  /** Of the settings: with others, what is stored is not what would be. */
  settings: z.string(),
  accounts: z.array(z.number()),
  groups: z.array(z.string()),
  repositories: z.record(z.string(), repositoryState),
});
/** Where a run left off. */
export type Cursor = z.infer<typeof cursorSchema>;
type GithubRun = Run<Settings, Cursor>;

/** Issues, pull requests, comments, files and wikis of GitHub, with the permissions of their repositories. */
export const github = defineConnector<Settings, Cursor>({
  name: 'github',
  title: 'GitHub',
  settings: settingsSchema,
  cursor: cursorSchema,
  operations: OPERATIONS,
  apart: true,
  hosts: ({ url }) => [...new Set([new URL(url).host, new URL(webOf(url)).host])],
  signIn: ({ url, token, app }) =>
    app
      ? {
          kind: 'service_account',
          token: `${url}/app/installations/${app.installation}/access_tokens`,
          exchange: 'bearer',
          claims: { iss: String(app.id) },
          algorithm: 'RS256',
          key: app.key,
        }
      : { kind: 'token', ...(token && { token }) },
  probe: ({ url, app }) => (app ? undefined : { url: `${url}/user`, headers: VERSION, scopes: 'x-oauth-scopes' }),
  hook,
  normalised: NORMALISED,
  writes: [createIssue, updateIssue, addComment, deleteComment],
  sync: changesOf,
  read: readDocument,
});

async function* changesOf(run: GithubRun): AsyncGenerator<Change<Cursor>> {
  const { cursor, due, signal } = run;
  signal.throwIfAborted();
  const selection = await selectRepositories(run, Object.keys(cursor?.repositories ?? {}).map(Number));
  const whole = isToBeListed(run, selection);
  const access = whole || due.permissions || hasMoved(run, selection) ? await readAccess(run, selection.repositories) : undefined;
  // Whatever comes of it, nobody sees any more what is not ours to see.
  for (const id of selection.gone)
    yield { type: 'acl', key: repositoryKey(id), acl: { unknown: 'GitHub does not show it any more' } };
  if (whole) yield { type: 'listing' };
  if (access) yield* accessChanges(run, selection, access);
  yield* unreadChanges(selection);
  if (!whole) for (const id of selection.gone) yield { type: 'delete', key: repositoryKey(id) };
  const states = new Map<number, RepositoryState>();
  for (const id of selection.dark.keys()) remember(states, id, cursor?.repositories[id]);
  let contents = selection.lost.length === 0 && selection.dark.size === 0;
  for (const repository of selection.repositories) {
    signal.throwIfAborted();
    const before = cursor?.repositories[repository.id];
    if (!whole && !due.content) {
      remember(states, repository.id, before ?? { shape: NEVER });
      continue;
    }
    const read = yield* contentChanges(run, repository, { before, whole });
    remember(states, repository.id, read.state);
    contents &&= read.whole;
  }
  yield* standingOf({ whole, contents, permissions: access === undefined ? 'not asked' : isTold(selection, access) });
  yield { type: 'checkpoint', cursor: cursorOf(run, { selection, access, states }) };
}

interface Stands {
  readonly whole: boolean;
  readonly contents: boolean;
  readonly permissions: boolean | 'not asked';
}

/** What stands though nothing was said of it: where something was refused, the rest of it, and what does not rest on that. */
function* standingOf({ whole, contents, permissions }: Stands): Generator<Change<never>> {
  const all = contents && permissions !== false;
  if (all) yield whole ? { type: 'complete' } : { type: 'unchanged' };
  if (all && whole) return; // it named all there is
  if (permissions === true) yield { type: 'unchanged', only: 'permissions' };
  if (contents) yield { type: 'unchanged', only: 'contents' };
}

/** Whether of all repositories it is known who may see them, or said that it is not; and of all members, that they are. */
const isTold = ({ lost }: Selection, { whole }: Access): boolean => lost.length === 0 && whole;

interface Reached {
  readonly selection: Selection;
  readonly access: Access | undefined;
  readonly states: ReadonlyMap<number, RepositoryState>;
}

const cursorOf = ({ cursor, settings }: GithubRun, { selection, access, states }: Reached): Cursor => ({
  settings: digestOf(settings),
  accounts: [
    ...new Set([...(access?.people.keys() ?? []), ...(isEverybodyMet(selection, access) ? [] : (cursor?.accounts ?? []))]),
  ].toSorted((a, b) => a - b),
  groups: access ? [...access.groups.keys()] : (cursor?.groups ?? []),
  repositories: Object.fromEntries(states),
});

/** Is nothing known to go on from, or is so much gone that nobody should believe it at once? */
const isToBeListed = ({ cursor, due, settings }: GithubRun, { gone, repositories }: Selection): boolean => {
  if (due.listing || !cursor || cursor.settings !== digestOf(settings)) return true;
  if (repositories.length === 0) return gone.length > 0;
  return gone.length > 1 && gone.length > GONE_RATIO * (gone.length + repositories.length);
};

/** Is any of them new, or not what it was? Then who may see it is asked, whatever else is due. */
const hasMoved = ({ cursor }: GithubRun, { repositories }: Selection): boolean =>
  repositories.some((repository) => cursor?.repositories[repository.id]?.shape !== shapeOf(repository));

/** Whom there is, who may see each repository, and what could not be learned of that. */
async function* accessChanges(run: GithubRun, selection: Selection, access: Access): AsyncGenerator<Change<never>> {
  const { accounts = [], groups = [] } = run.cursor ?? {};
  yield* peopleChanges(run, access, {
    accounts: isEverybodyMet(selection, access) ? accounts.filter((id) => !access.people.has(id)) : [],
    groups: groups.filter((group) => !access.groups.has(group)),
  });
  for (const repository of selection.repositories) {
    yield repositoryChange(repository, access.acls.get(repository.id) ?? { unknown: 'nobody said who may see it' });
  }
  for (const { key, error } of access.problems) yield { type: 'problem', key, error };
}

/** Whether whoever was met before and not now is gone: a repository that is not read now does not name those whom it alone would. */
const isEverybodyMet = ({ dark, lost }: Selection, access: Access | undefined): boolean =>
  access?.everybody === true && dark.size === 0 && lost.length === 0;

/** What is there and cannot be read now is seen by nobody, and kept. */
function* unreadChanges({ dark, lost }: Selection): Generator<Change<never>> {
  for (const [id, error] of dark) {
    yield { type: 'acl', key: repositoryKey(id), acl: { unknown: error.message.slice(0, 1_000) } };
    yield { type: 'problem', key: repositoryKey(id), error };
  }
  for (const error of lost) yield { type: 'problem', error };
}

interface Before {
  readonly before: RepositoryState | undefined;
  /** Whether the whole source is being listed. */
  readonly whole: boolean;
}

interface ContentRead {
  readonly state: RepositoryState;
  readonly whole: boolean;
}

/** What is new in a repository; all of it, where its documents would say something else of it now. */
async function* contentChanges(
  run: GithubRun,
  repository: Repository,
  { before, whole }: Before,
): AsyncGenerator<Change<never>, ContentRead> {
  const key = repositoryKey(repository.id);
  const shape = shapeOf(repository);
  const known = !whole && before?.shape === shape ? before : undefined;
  const listed = whole || !known;
  if (!whole && !known) yield { type: 'listing', of: key };
  const issues = yield* issueChanges(run, repository, known);
  const files = yield* fileChanges(run, repository, { head: known?.head, listed });
  const wiki = yield* wikiChanges(run, repository, { head: known?.wiki, before: before?.wiki, listed });
  const complete = issues.whole && files.whole && wiki.whole;
  if (!whole && !known && complete) yield { type: 'complete', of: key };
  // Where not all was seen, and all was to be, it is to be again.
  return { whole: complete, state: stateOf(complete || known ? shape : NEVER, { issues, files, wiki }, before, known) };
}

interface AllRead {
  readonly issues: Reading;
  readonly files: FilesRead;
  readonly wiki: FilesRead;
}

/** Where a part was not seen whole, it stays where it was; of a wiki it is remembered in any case whether there was one. */
const stateOf = (
  shape: string,
  { issues: { read, whole }, files, wiki }: AllRead,
  before: RepositoryState | undefined,
  known: RepositoryState | undefined,
): RepositoryState => {
  const { issues, comments, reviews } = whole ? read : (known ?? {});
  const head = files.whole ? files.head : known?.head;
  const page = wiki.whole ? wiki.head : before?.wiki;
  return {
    shape,
    ...(issues !== undefined && { issues }),
    ...(comments !== undefined && { comments }),
    ...(reviews !== undefined && { reviews }),
    ...(head !== undefined && { head }),
    ...(page !== undefined && { wiki: page }),
  };
};

const remember = (states: Map<number, RepositoryState>, id: number, state: RepositoryState | undefined): void => {
  if (state) states.set(id, state);
};

/** What of a repository stands in every document of it, or decides which there are or who may see them. */
const shapeOf = (repository: Repository): string => {
  const { full_name, html_url, default_branch, has_issues, has_wiki, archived } = repository;
  return [full_name, html_url, default_branch, has_issues, has_wiki, visibilityOf(repository), archived].join(' ');
};

/** Of what the settings say of documents: secrets say nothing in JSON. */
const digestOf = (settings: Settings): string => {
  const { people: _people, profile_emails: _emails, token: _token, app: _app, webhook_secret: _secret, ...rest } = settings;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
};
