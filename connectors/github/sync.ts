import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import { defineConnector, type Run } from '../../src/core/connector.ts';
import type { AppError } from '../../src/core/errors.ts';
import { type Access, readAccess } from './access.ts';
import { OPERATIONS } from './calls.ts';
import { type FilesRead, fileChanges } from './files.ts';
import { hook } from './hook.ts';
import { issueChanges, type Reading } from './issues.ts';
import { NORMALISED, repositoryChange, repositoryKey } from './map.ts';
import { peopleChanges } from './people.ts';
import { readDocument } from './read.ts';
import type { Repository } from './replies.ts';
import { selectRepositories, type Selection } from './repositories.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** What GitHub tells of no deletion is found by listing all, in ms: issues that were deleted or moved. */
const LIST_AGAIN = 24 * 3_600_000;
/** More repositories that are gone at once than this part of them, and than one, are judged by a whole listing. */
const GONE_RATIO = 0.2;

const repositoryState = z.strictObject({
  /** What all its documents say of it: where that differs they are read again. */
  shape: z.string(),
  issues: z.number().exactOptional(),
  comments: z.number().exactOptional(),
  reviews: z.number().exactOptional(),
  head: z.string().exactOptional(),
});
type RepositoryState = z.infer<typeof repositoryState>;

const cursorSchema = z.strictObject({
  /** Of the settings: with others, what is stored is not what would be. */
  settings: z.string(),
  /** When all was listed last, ms since 1970. */
  listedAt: z.number(),
  accounts: z.array(z.number()),
  repositories: z.record(z.string(), repositoryState),
});
/** Where a run left off. */
export type Cursor = z.infer<typeof cursorSchema>;
type GithubRun = Run<Settings, Cursor>;

/** Issues, pull requests, comments and files of GitHub, with the permissions of their repositories. */
export const github = defineConnector<Settings, Cursor>({
  name: 'github',
  title: 'GitHub',
  settings: settingsSchema,
  cursor: cursorSchema,
  operations: OPERATIONS,
  hosts: ({ url }) => [new URL(url).host],
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
  hook,
  normalised: NORMALISED,
  sync: changesOf,
  read: readDocument,
});

async function* changesOf(run: GithubRun): AsyncGenerator<Change<Cursor>> {
  const { cursor, due, signal } = run;
  signal.throwIfAborted();
  const known = Object.keys(cursor?.repositories ?? {}).map(Number);
  const selection = await selectRepositories(run, known);
  const access = await readAccess(run, selection.repositories);
  const whole = isToBeListed(run, selection);
  // Whatever comes of it, nobody sees any more what is not ours to see.
  for (const id of selection.gone)
    yield { type: 'acl', key: repositoryKey(id), acl: { unknown: 'GitHub does not show it any more' } };
  if (whole) yield { type: 'listing' };
  yield* peopleChanges(run, access, departedOf(cursor, access));
  yield* repositoryChanges(selection, access);
  if (!whole) for (const id of selection.gone) yield { type: 'delete', key: repositoryKey(id) };
  const states: Record<string, RepositoryState> = {};
  let complete = selection.lost.length === 0 && selection.dark.size === 0 && access.whole;
  for (const id of selection.dark.keys()) keep(states, id, cursor?.repositories[id]);
  for (const repository of selection.repositories) {
    signal.throwIfAborted();
    const before = cursor?.repositories[repository.id];
    if (!whole && !due.content) {
      keep(states, repository.id, before ?? { shape: '' });
      continue;
    }
    const read = yield* contentChanges(run, repository, { before, whole });
    keep(states, repository.id, read.state);
    complete &&= read.whole;
  }
  if (whole && complete) yield { type: 'complete' };
  if (!whole && complete && due.content) yield { type: 'unchanged' };
  yield {
    type: 'checkpoint',
    cursor: {
      settings: digestOf(run.settings),
      listedAt: whole && complete ? run.now().getTime() : (cursor?.listedAt ?? 0),
      accounts: [...new Set([...access.people.keys(), ...(access.whole ? [] : (cursor?.accounts ?? []))])].toSorted(
        (a, b) => a - b,
      ),
      repositories: states,
    },
  };
}

/** Is nothing known to go on from, or too long ago, or is so much gone that nobody should believe it at once? */
const isToBeListed = ({ cursor, due, settings, now }: GithubRun, { gone, repositories }: Selection): boolean => {
  if (due.listing || !cursor || cursor.settings !== digestOf(settings)) return true;
  const age = now().getTime() - cursor.listedAt;
  if (due.content && (age >= LIST_AGAIN || age < 0)) return true;
  return gone.length > 1 && gone.length > GONE_RATIO * (gone.length + repositories.length);
};

/** Whoever was met before and is met nowhere now; nobody, where not all were met. */
const departedOf = (cursor: Cursor | undefined, { people, whole }: Access): number[] =>
  whole ? (cursor?.accounts ?? []).filter((id) => !people.has(id)) : [];

/** Who may see each repository, and what could not be learned of that. */
function* repositoryChanges({ repositories, dark, lost }: Selection, { acls, problems }: Access): Generator<Change<never>> {
  for (const repository of repositories) {
    yield repositoryChange(repository, acls.get(repository.id) ?? { unknown: 'nobody said who may see it' });
  }
  for (const { key, error } of problems) yield { type: 'problem', key, error };
  for (const [id, error] of dark) yield* darkChanges(id, error);
  for (const error of lost) yield { type: 'problem', error };
}

function* darkChanges(id: number, error: AppError): Generator<Change<never>> {
  yield { type: 'acl', key: repositoryKey(id), acl: { unknown: error.message.slice(0, 1_000) } };
  yield { type: 'problem', key: repositoryKey(id), error };
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
  const complete = issues.whole && files.whole;
  if (!whole && !known && complete) yield { type: 'complete', of: key };
  // Where not all was seen, and all was to be, it is to be again.
  return { whole: complete, state: stateOf(complete || known ? shape : '', issues, files, known) };
}

const stateOf = (
  shape: string,
  { read, whole }: Reading,
  files: FilesRead,
  known: RepositoryState | undefined,
): RepositoryState => {
  const { issues, comments, reviews } = whole ? read : (known ?? {});
  const head = files.whole ? files.head : known?.head;
  return {
    shape,
    ...(issues !== undefined && { issues }),
    ...(comments !== undefined && { comments }),
    ...(reviews !== undefined && { reviews }),
    ...(head !== undefined && { head }),
  };
};

const keep = (states: Record<string, RepositoryState>, id: number, state: RepositoryState | undefined): void => {
  if (state) states[id] = state;
};

/** What of a repository stands in every document of it, or decides which there are. */
const shapeOf = ({ full_name, html_url, default_branch, has_issues }: Repository): string =>
  [full_name, html_url, default_branch, has_issues].join(' ');

/** Of what the settings say of documents: secrets say nothing in JSON. */
const digestOf = (settings: Settings): string => {
  const { people: _people, profile_emails: _emails, token: _token, app: _app, webhook_secret: _secret, ...rest } = settings;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
};
