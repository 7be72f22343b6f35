import type { Change } from '../../src/core/change.ts';
import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { isName } from '../../src/core/principal.ts';
import { ask, type Caller, isRefusal } from './api.ts';
import { matchesGlob } from './glob.ts';
import { type FileAt, fileDocument, fileKey, filesChange, filesKey, mediaTypeOf } from './map.ts';
import { askFor, COMMIT, type Entry, ENTRY, REF, type Repository, TREE, understood } from './replies.ts';
import type { Settings } from './settings.ts';

/** Folders of one repository that are listed one by one, where GitHub does not list it at once. */
const FOLDERS_MAX = 5_000;

/** What came of reading: the commit that was read, and whether all of it was seen. */
export interface FilesRead {
  readonly head?: string | undefined;
  readonly whole: boolean;
}

export interface FilesSeen {
  /** The commit that was read last; empty where there was none. */
  readonly head: string | undefined;
  /** Whether all that is not named now goes by another listing than the files' own. */
  readonly listed: boolean;
}

/** The files that the settings name, on the branch that a visitor sees; nothing where the commit is the one that was read. */
export async function* fileChanges(
  caller: Caller,
  repository: Repository,
  { head, listed }: FilesSeen,
): AsyncGenerator<Change<never>, FilesRead> {
  if (caller.settings.files.length === 0) return { whole: true };
  const key = filesKey(repository.id);
  const failed = function* (error: AppError): Generator<Change<never>, FilesRead> {
    yield filesChange(repository);
    yield { type: 'problem', key, error };
    return { whole: false };
  };
  const branch = await branchOf(caller, repository);
  if (branch instanceof AppError) return yield* failed(branch);
  if (branch === head) return { head, whole: true };
  const commit = branch === EMPTY ? undefined : await commitOf(caller, repository, branch);
  if (commit instanceof AppError) return yield* failed(commit);
  const tree = commit ? await entriesOf(caller, repository, commit.tree) : { entries: [], broken: [] };
  if (tree instanceof AppError) return yield* failed(tree);
  if (!listed) yield { type: 'listing', of: key };
  yield filesChange(repository);
  for (const error of tree.broken) yield { type: 'problem', key, error };
  for (const entry of tree.entries) if (commit) yield fileChange(repository, fileOf(caller, repository, entry, commit.at));
  const whole = tree.broken.length === 0;
  if (!listed && whole) yield { type: 'complete', of: key };
  return { head: whole ? branch : undefined, whole };
}

/** The commit of a repository nothing was ever written to. */
const EMPTY = '';

/** The commit the default branch is at. */
const branchOf = async (caller: Caller, { id, full_name, default_branch }: Repository): Promise<string | AppError> => {
  const branch = default_branch
    .split('/')
    .map((name) => path`${name}`)
    .join('/');
  const question = { what: `the branch of ${full_name}`, path: `${path`/repositories/${id}/git/ref/heads`}/${branch}` };
  const ref = await askFor(caller, REF, question);
  if (!isRefusal(ref)) return ref.object.sha;
  return ref.status === 409 ? EMPTY : ref.refused; // 409: "Git Repository is empty."
};

/** A commit: its tree, and when it was made. */
interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly at: string;
}

const commitOf = async (caller: Caller, { id, full_name }: Repository, sha: string): Promise<Commit | AppError> => {
  const question = { what: `a commit of ${full_name}`, path: path`/repositories/${id}/git/commits/${sha}` };
  const commit = await askFor(caller, COMMIT, question);
  return isRefusal(commit) ? commit.refused : { sha, tree: commit.tree.sha, at: commit.committer.date };
};

/** The commit the default branch is at; undefined where nothing was ever written to the repository. */
export const headOf = async (caller: Caller, repository: Repository): Promise<Commit | AppError | undefined> => {
  const sha = await branchOf(caller, repository);
  if (sha === EMPTY) return undefined;
  return sha instanceof AppError ? sha : commitOf(caller, repository, sha);
};

/** Whether the settings name this file, and it is text. */
export const isWantedFile = ({ files }: Settings, file: string): boolean =>
  mediaTypeOf(file) !== undefined && files.some((pattern) => matchesGlob(pattern, file));

interface Tree {
  readonly entries: readonly Entry[];
  readonly broken: readonly AppError[];
}

/** The wanted files below a tree: at once, or folder by folder where GitHub cuts the list. */
const entriesOf = async (caller: Caller, repository: Repository, root: string): Promise<Tree | AppError> => {
  const all = await treeOf(caller, repository, root, true);
  if (all instanceof AppError) return all;
  if (!all.truncated) return { entries: all.entries.filter((entry) => isFile(caller.settings, entry)), broken: all.broken };
  const entries: Entry[] = [];
  const broken: AppError[] = [];
  const folders: { readonly sha: string; readonly below: string }[] = [{ sha: root, below: '' }];
  for (const [index, { sha, below }] of folders.entries()) {
    if (index >= FOLDERS_MAX) {
      return new AppError('too_large', `${repository.full_name} has more than ${FOLDERS_MAX} folders. Name fewer in files.`);
    }
    const folder = await treeOf(caller, repository, sha, false);
    if (folder instanceof AppError) return folder;
    if (folder.truncated)
      return new AppError('too_large', `A folder of ${repository.full_name} is too large for GitHub to list.`);
    broken.push(...folder.broken);
    for (const entry of folder.entries) {
      const own = { ...entry, path: `${below}${entry.path}` };
      if (entry.type === 'tree') folders.push({ sha: entry.sha, below: `${own.path}/` });
      else if (isFile(caller.settings, own)) entries.push(own);
    }
  }
  return { entries, broken };
};

/** Links lead elsewhere, and other repositories are not this one. */
const isFile = (settings: Settings, { type, mode, path: file }: Entry): boolean =>
  type === 'blob' && mode !== '120000' && isWantedFile(settings, file);

const treeOf = async (
  caller: Caller,
  { id, full_name }: Repository,
  sha: string,
  deep: boolean,
): Promise<(Tree & { readonly truncated: boolean }) | AppError> => {
  const question = { what: `the files of ${full_name}`, path: path`/repositories/${id}/git/trees/${sha}` };
  const tree = await askFor(caller, TREE, deep ? { ...question, query: { recursive: '1' } } : question);
  if (isRefusal(tree)) return tree.refused;
  const all = tree.tree.map((reply) => understood(caller, ENTRY, reply));
  return {
    truncated: tree.truncated,
    entries: all.filter((entry): entry is Entry => !(entry instanceof AppError)),
    broken: all.filter((entry): entry is AppError => entry instanceof AppError),
  };
};

/** A file as it is yielded: its bytes are read when they are wanted, and end with whoever wants them. */
export const fileOf = (
  caller: Caller,
  { id, full_name }: Pick<Repository, 'id' | 'full_name'>,
  { path: file, sha, size = 0 }: Pick<Entry, 'path' | 'sha' | 'size'>,
  at: string,
): FileAt => ({
  path: file,
  sha,
  size,
  at,
  mediaType: mediaTypeOf(file) ?? 'application/octet-stream',
  read: async (signal) => {
    signal.throwIfAborted();
    const fetch: Caller['fetch'] = (input, init) => caller.fetch(input, { ...init, signal });
    const question = { what: `${file} of ${full_name}`, path: path`/repositories/${id}/git/blobs/${sha}` };
    const response = await ask({ ...caller, fetch }, { ...question, accept: 'application/vnd.github.raw+json' });
    if (isRefusal(response)) throw response.refused;
    return new Uint8Array(await response.arrayBuffer());
  },
});

const fileChange = (repository: Repository, file: FileAt): Change<never> => {
  if (isName(fileKey(repository.id, file.path))) return { type: 'document', document: fileDocument(repository, file) };
  const error = new AppError(
    'invalid_input',
    `A file of ${repository.full_name} has a name that is too long, or holds what no name should.`,
  );
  return { type: 'problem', key: filesKey(repository.id), error };
};
