import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import { askAll, askOne, type Caller, isRefusal } from './api.ts';
import { matchesGlob } from './glob.ts';
import { forEach } from './lanes.ts';
import { askFor, idOf, isSparse, REPOSITORY, type Repository, understood } from './replies.ts';
import type { Settings } from './settings.ts';

/** The repositories that are meant, as they are now. */
export interface Selection {
  readonly repositories: readonly Repository[];
  /** Known before, and nothing that is meant any more: deleted, moved away, taken out, or not ours to see. */
  readonly gone: readonly number[];
  /** There, and not to be understood or read now: why. */
  readonly dark: ReadonlyMap<number, AppError>;
  /** What was not seen at all, so that nothing may be taken for gone. */
  readonly lost: readonly AppError[];
}

/**
 * Looks for them, and by its id for each that was `known` and is not among them: a list that moves while it is paged can leave one
 * out. Throws where the organisation itself is not given: then nothing is known of what it has.
 */
export const selectRepositories = async (caller: Caller, known: readonly number[]): Promise<Selection> => {
  const { settings } = caller;
  const found = [...(await ofOrganisation(caller)), ...(await byName(caller))];
  const seen = new Set(found.flatMap((one) => one.id ?? []));
  const missing = known.filter((id) => !seen.has(id));
  const again = await forEach(missing, async (id) => byId(caller, id));
  const all = [...found, ...again.filter((one) => one && ('error' in one || isMeant(settings, one)))].filter(
    (one) => one !== undefined,
  );
  const repositories = new Map<number, Repository>();
  const dark = new Map<number, AppError>();
  const lost: AppError[] = [];
  for (const one of all) {
    if (!('error' in one)) repositories.set(one.id, one);
    else if (one.id === undefined) lost.push(one.error);
    else dark.set(one.id, one.error);
  }
  for (const id of repositories.keys()) dark.delete(id);
  return {
    repositories: [...repositories.values()].toSorted((a, b) => a.id - b.id),
    gone: known.filter((id) => !repositories.has(id) && !dark.has(id)),
    dark,
    lost,
  };
};

interface Unread {
  readonly id?: number | undefined;
  readonly error: AppError;
}

/** One repository by what GitHub will never call another; undefined where there is none for us. */
export const byId = async (caller: Caller, id: number): Promise<Repository | Unread | undefined> => {
  const repository = await askFor(caller, REPOSITORY, { what: `the repository ${id}`, path: path`/repositories/${id}` });
  if (isRefusal(repository)) return repository.status === 404 ? undefined : { id, error: repository.refused };
  return repository.id === id ? repository : undefined;
};

/** Whether the settings mean it: under the owner it has now. */
export const isMeant = (
  { organisation, include, exclude, repositories }: Settings,
  { name, full_name, owner }: Repository,
): boolean => {
  if (repositories.some((named) => named.toLowerCase() === full_name.toLowerCase())) return true;
  if (owner.login.toLowerCase() !== organisation?.toLowerCase()) return false;
  const matches = (pattern: string): boolean => matchesGlob(pattern.toLowerCase(), name.toLowerCase());
  return include.some(matches) && !exclude.some(matches);
};

const ofOrganisation = async (caller: Caller): Promise<(Repository | Unread)[]> => {
  const { organisation } = caller.settings;
  if (organisation === undefined) return [];
  const what = `the repositories of ${organisation}`;
  const query = { type: 'all', sort: 'created', direction: 'asc' };
  const all = await askAll(caller, { what, path: path`/orgs/${organisation}/repos`, query });
  if (isRefusal(all)) throw all.refused;
  const found = await forEach(all, async (reply): Promise<Repository | Unread | undefined> => {
    const id = idOf(reply);
    if (id !== undefined && isSparse(reply)) return byId(caller, id);
    const repository = understood(caller, REPOSITORY, reply);
    return repository instanceof AppError ? { id, error: repository } : repository;
  });
  return found.filter((one) => one !== undefined).filter((one) => 'error' in one || isMeant(caller.settings, one));
};

const byName = async (caller: Caller): Promise<(Repository | Unread)[]> => {
  const found = await forEach(caller.settings.repositories, async (named) => {
    const [owner = '', name = ''] = named.split('/');
    const answer = await askOne(caller, { what: named, path: path`/repos/${owner}/${name}`, follow: true });
    if (isRefusal(answer)) return answer.status === 404 ? undefined : { error: answer.refused };
    const repository = understood(caller, REPOSITORY, answer.reply);
    if (repository instanceof AppError) return { id: idOf(answer.reply), error: repository };
    // What was renamed is still what is meant; what went to another owner is not.
    return repository.owner.login.toLowerCase() === owner.toLowerCase() ? repository : undefined;
  });
  return found.filter((one) => one !== undefined);
};
