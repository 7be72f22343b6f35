import type { Change } from '../../src/core/change.ts';
import { defineConnector } from '../../src/core/connector.ts';
import { type Access, readAccess } from './access.ts';
import { VERSION } from './api.ts';
import { OPERATIONS } from './calls.ts';
import {
  brokenOff,
  type Cursor,
  cursorOf,
  cursorSchema,
  digestOf,
  type GithubRun,
  isEverybodyMet,
  NEVER,
  remember,
  type RepositoryState,
  shapeOf,
  statesSoFar,
} from './cursor.ts';
import { type FilesRead, fileChanges } from './files.ts';
import { hook } from './hook.ts';
import { issueChanges, type Reading } from './issues.ts';
import { NORMALISED, repositoryChange, repositoryKey } from './map.ts';
import { peopleChanges } from './people.ts';
import { readDocument } from './read.ts';
import type { Repository } from './replies.ts';
import { selectRepositories, type Selection } from './repositories.ts';
import { type Settings, settingsSchema, webOf } from './settings.ts';
import { wikiChanges } from './wiki.ts';
import { addComment, deleteComment } from './write-comment.ts';
import { createIssue } from './write-issue.ts';
import { updateIssue } from './write-update.ts';

/** More repositories that are gone at once than this part of them, and than one, are judged by a whole listing; so are all of them. */
const GONE_RATIO = 0.2;

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
  const { cursor, due, signal, now } = run;
  signal.throwIfAborted();
  const selection = await selectRepositories(run, Object.keys(cursor?.repositories ?? {}).map(Number));
  const whole = isToBeListed(run, selection);
  const access = whole || due.permissions || hasMoved(run, selection) ? await readAccess(run, selection.repositories) : undefined;
  // Whatever comes of it, nobody sees any more what is not ours to see.
  for (const id of selection.gone)
    yield { type: 'acl', key: repositoryKey(id), acl: { unknown: 'GitHub does not show it any more' } };
  const goesOn = whole ? brokenOff(run, selection) : undefined;
  if (whole && !goesOn) yield { type: 'listing' };
  if (access) yield* accessChanges(run, selection, access);
  yield* unreadChanges(selection);
  if (!whole) for (const id of selection.gone) yield { type: 'delete', key: repositoryKey(id) };
  const states = new Map<number, RepositoryState>();
  for (const id of selection.dark.keys()) remember(states, id, cursor?.repositories[id]);
  let contents = selection.lost.length === 0 && selection.dark.size === 0;
  const listed = new Set(goesOn?.read);
  const began = goesOn?.began ?? now().getTime();
  for (const repository of selection.repositories) {
    signal.throwIfAborted();
    const before = cursor?.repositories[repository.id];
    if (!whole && !due.content) {
      remember(states, repository.id, before ?? { shape: NEVER });
      continue;
    }
    const read = yield* contentChanges(run, repository, { before, whole, anew: whole && !listed.has(repository.id) });
    remember(states, repository.id, read.state);
    contents &&= read.whole;
    if (!whole || !read.whole) continue;
    listed.add(repository.id);
    const reached = { selection, access, states: statesSoFar(run, selection, states) };
    yield { type: 'checkpoint', cursor: { ...cursorOf(run, reached), listing: { began, read: [...listed] } } };
  }
  yield* standingOf({ whole, contents, permissions: access === undefined ? 'not asked' : isTold(selection, access) });
  const open = whole ? undefined : cursor?.listing;
  yield { type: 'checkpoint', cursor: { ...cursorOf(run, { selection, access, states }), ...(open && { listing: open }) } };
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
  /** Whether all of it is to be read, whatever is known. */
  readonly anew: boolean;
}

interface ContentRead {
  readonly state: RepositoryState;
  readonly whole: boolean;
}

/** What is new in a repository; all of it, where its documents would say something else of it now. */
async function* contentChanges(
  run: GithubRun,
  repository: Repository,
  { before, whole, anew }: Before,
): AsyncGenerator<Change<never>, ContentRead> {
  const key = repositoryKey(repository.id);
  const shape = shapeOf(repository);
  const known = !anew && before?.shape === shape ? before : undefined;
  const listed = !known;
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
