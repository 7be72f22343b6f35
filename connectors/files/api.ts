import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';

import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';

/** Read at once; the signal is looked at in between. */
const BLOCK = 1024 * 1024;

/** An entry of a folder. A name that is not UTF-8 can be shown, but not opened. */
export interface Entry {
  readonly name: string;
  readonly readable: boolean;
}

/** A folder tree, and the only way into it. Paths are real ones: nothing is reached through a link. */
export interface Tree {
  readonly root: string;
  /** What a folder holds; undefined when it is there no more. Rejects when it cannot be read. */
  entries(path: string): Promise<readonly Entry[] | undefined>;
  /** What is at this path, itself and not what it points to; undefined when it is there no more. */
  look(path: string): Promise<BigIntStats | undefined>;
  /** The bytes of a regular file of at most `max`. */
  read(path: string, max: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Rejects when the root is not the folder any more that it was. */
  verify(): Promise<void>;
}

/** Opens the tree of a source. */
export const openTree = async ({ source, folder }: Run<unknown, unknown>, path: string): Promise<Tree> => {
  const given = resolve(folder, path);
  const unavailable = (why: string, cause?: unknown): AppError =>
    new AppError(
      'source_unavailable',
      `The folder ${given} ${why}. Put it there or correct sources.${source}.root, then: castellan sync ${source}`,
      { cause },
    );
  const open = async (): Promise<{ root: string; stats: BigIntStats }> => {
    try {
      const root = await realpath(given);
      return { root, stats: await lstat(root, { bigint: true }) };
    } catch (cause) {
      throw unavailable(`cannot be read (${codeOf(cause)})`, cause);
    }
  };
  const { root, stats } = await open();
  if (!stats.isDirectory()) throw unavailable('is not a folder');
  return {
    root,
    entries: entriesOf,
    look: (path) => absent(lstat(path, { bigint: true })),
    read: readInside,
    async verify() {
      const now = await open();
      if (now.root === root && now.stats.ino === stats.ino && now.stats.dev === stats.dev) return;
      throw unavailable('was replaced while it was read');
    },
  };
};

/** The bytes of the people file, which whoever may write below the root must not be able to change. */
export const readPeopleFile = async (run: Run<unknown, unknown>, tree: Tree, path: string, max: number): Promise<Uint8Array> => {
  const given = resolve(run.folder, path);
  const setting = `sources.${run.source}.people`;
  const unavailable = (cause: unknown): AppError =>
    new AppError('source_unavailable', `The people file ${given} cannot be read (${reasonOf(cause)}). Correct ${setting}.`, {
      cause,
    });
  const places = await Promise.all([realpath(dirname(given)), realpath(given)]).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  const [above, real] = places;
  // A link inside the root that leads out of it could be turned elsewhere by whoever may write there.
  if ([join(above, basename(given)), real].some((place) => isInside(tree.root, place))) {
    throw new AppError(
      'config',
      `The people file ${given} is inside the folder it decides about. Move it out of ${tree.root} and correct ${setting}.`,
    );
  }
  return readInside(real, max, run.signal).catch((cause: unknown) => {
    run.signal.throwIfAborted();
    throw unavailable(cause);
  });
};

/** Why something could not be read, in words for a message. */
export const reasonOf = (cause: unknown): string => (cause instanceof AppError ? cause.message : codeOf(cause));

const codeOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? String(cause.code) : cause.message;
};

const isInside = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

/** Undefined where there is nothing, or something else than a folder on the way. */
const absent = async <T>(promised: Promise<T>): Promise<T | undefined> => {
  try {
    return await promised;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const entriesOf = async (path: string): Promise<readonly Entry[] | undefined> => {
  const names = await absent(readdir(path, { encoding: 'buffer' }));
  // Replaced by a link meanwhile, these are the names of another folder.
  if (!names || (await absent(realpath(path))) !== path) return undefined;
  return names.map((bytes) => {
    try {
      return { name: utf8.decode(bytes), readable: true };
    } catch {
      return { name: bytes.toString('utf8'), readable: false };
    }
  });
};

/** Looks, opens without following a link or waiting for a pipe, and looks again at what it has opened. */
const readInside = async (path: string, max: number, signal: AbortSignal): Promise<Uint8Array> => {
  signal.throwIfAborted();
  if (!(await lstat(path)).isFile()) throw notRegular();
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const opened = await handle.stat();
    if (!opened.isFile() || (await placeOf(handle, path)) !== path) throw notRegular();
    if (opened.size > max) throw tooLarge(max);
    const blocks: Uint8Array[] = [];
    for (let length = 0; ;) {
      signal.throwIfAborted();
      const buffer = Buffer.allocUnsafe(Math.min(BLOCK, Math.max(opened.size - length, 0) + 1)); // one more: it may have grown
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, length);
      if (bytesRead === 0) return Buffer.concat(blocks);
      length += bytesRead;
      if (length > max) throw tooLarge(max);
      blocks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
};

/** Where an open file really is. Linux tells; elsewhere the path is followed once more. */
const placeOf = (handle: FileHandle, path: string): Promise<string> =>
  readlink(join('/proc/self/fd', String(handle.fd))).catch(() => realpath(path));

const notRegular = (): AppError => new AppError('source_rejected', 'it is not a regular file of this folder');
const tooLarge = (max: number): AppError => new AppError('too_large', `it is larger than ${max} bytes`);
