import type { Change } from '../../src/core/change.ts';
import type { SourceDocument } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { isName } from '../../src/core/principal.ts';
import { type Caller, isRefusal, type Refusal } from './api.ts';
import type { FilesRead } from './files.ts';
import { headOf, type Remote, type Snapshot, snapshotOf, type SnapshotFile } from './git.ts';
import { pageDocument, pageTypeOf, wikiChange, wikiKey } from './map.ts';
import type { Repository } from './replies.ts';
import { webOf } from './settings.ts';

/** The commit of a wiki that has no page, and of a repository that has no wiki. */
const EMPTY = '';

export interface WikiSeen {
  /** The commit that was read last, where it still counts; empty where there was none. */
  readonly head: string | undefined;
  /** And whatever was read last, though all is read again. */
  readonly before: string | undefined;
  /** Whether all that is not named now goes by another listing than the wiki's own. */
  readonly listed: boolean;
}

/** The pages of a wiki; nothing where the commit is the one that was read, for which one call is enough. */
export async function* wikiChanges(
  caller: Caller,
  repository: Repository,
  { head, before, listed }: WikiSeen,
): AsyncGenerator<Change<never>, FilesRead> {
  if (!hasWiki(caller, repository)) return { whole: true };
  const key = wikiKey(repository.id);
  const failed = function* (error: AppError): Generator<Change<never>, FilesRead> {
    yield wikiChange(repository);
    yield { type: 'problem', key, error };
    return { whole: false };
  };
  const now = whereNothing(await headOf(caller, wikiOf(caller, repository)), before);
  if (isRefused(now)) return yield* failed(told(now));
  if (now === head) return { head, whole: true };
  const wiki = now === EMPTY ? undefined : await snapshotOf(caller, wikiOf(caller, repository));
  if (wiki && isRefusal(wiki)) return yield* failed(told(wiki));
  const pages = pagesOf(repository, wiki);
  if (!listed) yield { type: 'listing', of: key };
  yield wikiChange(repository);
  for (const page of pages) yield page;
  if (!listed) yield { type: 'complete', of: key };
  return { head: wiki?.head ?? EMPTY, whole: true };
}

/** One page, now. */
export const readPage = async (
  caller: Caller,
  repository: Repository,
  path: string,
): Promise<SourceDocument | 'gone' | 'forbidden'> => {
  if (!hasWiki(caller, repository) || pageTypeOf(path) === undefined) return 'gone';
  const wiki = await snapshotOf(caller, wikiOf(caller, repository));
  if (wiki && isRefusal(wiki)) return wiki.status === 404 ? 'gone' : 'forbidden';
  const file = wiki?.files.find((one) => one.path === path);
  const page = wiki && file && pageOf(repository, wiki, file);
  return page ?? 'gone';
};

const hasWiki = ({ settings }: Caller, { has_wiki }: Repository): boolean => has_wiki && settings.read.includes('wiki');

const wikiOf = ({ settings }: Caller, { full_name }: Repository): Remote => {
  const [owner = '', name = ''] = full_name.split('/').map(encodeURIComponent);
  return { what: `the wiki of ${full_name}`, url: `${webOf(settings.url)}/${owner}/${name}.wiki.git` };
};

const isRefused = (answer: string | Refusal): answer is Refusal => typeof answer !== 'string';

/**
 * A repository whose wiki has no page yet has none to fetch either, and that is what 404 means. Where there were pages it means
 * something else as well, such as a token that may not see them any more: then it is a refusal, and deletes nothing.
 */
const whereNothing = (answer: string | Refusal, before: string | undefined): string | Refusal =>
  isRefused(answer) && answer.status === 404 && (before ?? EMPTY) === EMPTY ? EMPTY : answer;

const told = ({ refused, status }: Refusal): AppError => {
  const remedy = REMEDIES[status];
  return remedy === undefined ? refused : new AppError(refused.code, `${refused.message} ${remedy}`, { cause: refused });
};

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'To read wikis, what Castellan signs in with needs the permission “Contents”; or leave wiki out of read.',
  403: 'To read wikis, what Castellan signs in with needs the permission “Contents”; or leave wiki out of read.',
  404: 'There was one. Its pages are kept: if it is meant to be gone, switch wikis off in the settings of the repository; else see what Castellan signs in with.',
};

const pagesOf = (repository: Repository, wiki: Snapshot | undefined): Change<never>[] => {
  const unread = (why: string): Change<never> => ({
    type: 'problem',
    key: wikiKey(repository.id),
    error: new AppError('invalid_input', why),
  });
  const pages = (wiki?.files ?? []).flatMap((file): Change<never>[] => {
    const document = wiki && pageOf(repository, wiki, file);
    if (!document) return [];
    if (isName(document.key)) return [{ type: 'document', document }];
    return [unread(`A page of the wiki of ${repository.full_name} has a name that is too long, or holds what no name should.`)];
  });
  const deep = `A folder of the wiki of ${repository.full_name} is too deep: no page in it is read. Move it up, then sync again.`;
  return wiki?.deep ? [...pages, unread(deep)] : pages;
};

/** A page as it is yielded: its text is unpacked when it is wanted. Undefined for what is no page. */
const pageOf = (repository: Repository, { at }: Snapshot, { path, sha, read }: SnapshotFile): SourceDocument | undefined => {
  const mediaType = pageTypeOf(path);
  if (mediaType === undefined) return undefined;
  return pageDocument(repository, {
    path,
    sha,
    mediaType,
    at,
    read: async (signal) => {
      signal.throwIfAborted();
      return read();
    },
  });
};
