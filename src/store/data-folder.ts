import { lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { AppError } from '../core/errors.ts';

/** Where everything of one organisation is kept. Paths are absolute; the files need not exist yet. */
export interface DataFolder {
  readonly path: string;
  readonly index: string;
  readonly ledger: string;
  /** The organisation's key, where the environment does not give it. */
  readonly key: string;
  /** The anchor file, where the configuration does not name another. */
  readonly anchor: string;
  /** Tokens that are good no more. */
  readonly withdrawn: string;
  /** The last conversation of each person with a model. */
  readonly conversations: string;
  /** By what the models of services are known again. */
  readonly models: string;
}

export interface DataFolderOptions {
  /** Of this process; undefined where the system has no such thing, and then nothing is checked. */
  readonly uid: number | undefined;
}

/** Any of these lets somebody else than the owner in. */
const OTHERS = 0o077;

/** Makes the folder, or opens it if nobody else can get in: whoever reads a file in it has read every document. */
export const openDataFolder = async (path: string, { uid }: DataFolderOptions): Promise<DataFolder> => {
  const folder = resolve(path);
  await make(folder);
  if (uid !== undefined) {
    await refuseOthers(folder, folder, uid);
    for (const name of await readdir(folder)) await refuseOthers(join(folder, name), folder, uid);
  }
  return {
    path: folder,
    index: join(folder, 'index.db'),
    ledger: join(folder, 'ledger.db'),
    key: join(folder, 'key'),
    anchor: join(folder, 'anchor.jsonl'),
    withdrawn: join(folder, 'withdrawn'),
    conversations: join(folder, 'conversations'),
    models: join(folder, 'models'),
  };
};

const make = async (folder: string): Promise<void> => {
  try {
    await makeWithParents(folder);
  } catch (cause) {
    throw new AppError('config', `The data folder ${folder} cannot be made. Name a folder you may write with: --data <folder>`, {
      cause,
    });
  }
};

/** Not `recursive`: where a file system says of a new folder that it has none, that tries again for ever. */
const makeWithParents = async (folder: string): Promise<void> => {
  if (await isFolder(folder)) return;
  if (dirname(folder) !== folder) await makeWithParents(dirname(folder));
  await mkdir(folder, { mode: 0o700 }).catch(async (error: unknown) => {
    if (!(await isFolder(folder))) throw error; // else another process was faster
  });
};

const isFolder = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
};

/** A link is refused inside: what it leads to is not kept by the folder's mode. */
const refuseOthers = async (path: string, folder: string, uid: number): Promise<void> => {
  const found = await (path === folder ? stat(path) : lstat(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // a log another process has just folded in
    throw error;
  });
  if (!found) return;
  if (found.isSymbolicLink()) {
    throw new AppError('config', `${path} is a link. Put the file itself into the data folder.`);
  }
  if (found.uid !== uid) {
    throw new AppError(
      'config',
      `${path} belongs to another user. Run as its owner, or take it over: chown -R "$(id -u)" '${folder}'`,
    );
  }
  if ((found.mode & OTHERS) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    throw new AppError('config', `${path} is open to other users (mode ${mode}). Close it: chmod -R go= '${folder}'`);
  }
};
