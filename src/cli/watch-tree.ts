import { type Dirent, type FSWatcher, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** As many folders of one tree are watched; each costs the system a watch. */
const FOLDERS_MAX = 50_000;
/** Nothing that is deeper is read by anybody. */
const DEPTH_MAX = 100;
/** The system has no more to give. */
const EXHAUSTED = new Set(['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM']);

export interface TreeOptions {
  /** Is nothing at this path, called so, worth a look? */
  readonly skips: (name: string, path: string) => boolean;
  readonly ring: () => void;
  /** Hears why the tree cannot be watched, or no longer whole. At most once. */
  readonly blind: (why: string) => void;
  readonly foldersMax?: number;
}

export interface WatchedTree {
  /** Resolves when all that is there is watched. */
  readonly ready: Promise<void>;
  close(): void;
}

interface Folder {
  readonly path: string;
  readonly depth: number;
  readonly watcher: FSWatcher;
  readonly below: Map<string, Folder>;
  /** Names of folders below it that could not be watched: they may not be read. */
  readonly shut: Set<string>;
}

/**
 * Rings when something changes in a tree. Only its folders are watched, each before it is listed, so that nothing made in between
 * is overlooked. Links are not followed.
 */
export const watchTree = (root: string, { skips, ring, blind, foldersMax = FOLDERS_MAX }: TreeOptions): WatchedTree => {
  let folders = 0;
  let closed = false;
  let top: Folder | undefined;
  const gone = new WeakSet<Folder>();

  const forget = (folder: Folder): void => {
    gone.add(folder);
    folder.watcher.close();
    folders -= 1;
    for (const child of folder.below.values()) forget(child);
    folder.below.clear();
  };
  const close = (): void => {
    closed = true;
    if (top) forget(top);
    top = undefined;
  };
  const giveUp = (why: string): void => {
    if (closed) return;
    close();
    blind(why);
  };

  /** Undefined where there is nothing to watch, or it may not be read, which a run says better. */
  const open = (path: string): FSWatcher | undefined => {
    try {
      return watch(path, { persistent: false });
    } catch (error) {
      if (EXHAUSTED.has(codeOf(error))) giveUp(`the system gives no more watches (${codeOf(error)})`);
      return undefined;
    }
  };

  /** `keep` is called before anything is waited for. */
  const enter = async (path: string, depth: number, keep: (folder: Folder | undefined) => void): Promise<void> => {
    if (closed || depth > DEPTH_MAX) return;
    if (folders >= foldersMax) return giveUp(`it has more than ${foldersMax} folders`);
    const watcher = open(path);
    if (!watcher) return keep(undefined);
    const folder: Folder = { path, depth, watcher, below: new Map(), shut: new Set() };
    folders += 1;
    keep(folder);
    watcher.on('error', (error) => {
      ring();
      if (EXHAUSTED.has(codeOf(error))) giveUp(`the system gives no more watches (${codeOf(error)})`);
    });
    watcher.on('change', (type, name) => {
      if (gone.has(folder)) return;
      if (name === null) return giveUp('the system does not tell what changes in it');
      const entry = String(name);
      if (skips(entry, join(path, entry))) return;
      ring();
      if (type === 'rename' || folder.shut.has(entry)) void renewed(folder, entry);
    });
    for (const entry of await listed(path)) {
      if (gone.has(folder)) return;
      if (entry.isDirectory() && !skips(entry.name, join(path, entry.name))) await enterBelow(folder, entry.name);
    }
  };

  const enterBelow = async (folder: Folder, name: string): Promise<void> => {
    if (folder.below.has(name)) return;
    await enter(join(folder.path, name), folder.depth + 1, (child) => {
      if (child) folder.below.set(name, child);
      else folder.shut.add(name);
    });
  };

  /** What has this name now may be another folder than the one that is watched. */
  const renewed = async (folder: Folder, name: string): Promise<void> => {
    const known = folder.below.get(name);
    if (known) {
      folder.below.delete(name);
      forget(known);
    }
    folder.shut.delete(name);
    const now = await lstat(join(folder.path, name)).catch(() => undefined);
    if (gone.has(folder) || !now?.isDirectory()) return;
    await enterBelow(folder, name);
    ring(); // for what was made in it before it was watched
  };

  const ready = enter(root, 0, (folder) => {
    top = folder;
  });
  return { ready, close };
};

const listed = async (path: string): Promise<readonly Dirent[]> => readdir(path, { withFileTypes: true }).catch(() => []);

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
