import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { type Entry, openTree } from './api.ts';
import { byName, DEPTH_MAX, ownControl, type Reading, rootAcl, type Settings } from './entries.ts';
import { aclBelow, type Control, controlsOf, folded, keyOf, type Narrowing, ROOT, type Unknown } from './map.ts';
import { endOf, spelledOut } from './read.ts';

/** Where something is written: an entry of a folder that is held open, with all that decides about it as it is now. */
export interface Place {
  readonly key: string;
  readonly reading: Reading;
  /** The name of what stands there, as the folder has it; undefined where nothing does, or not one thing alone. */
  readonly found?: string;
  /** The name it has, or would have. */
  readonly name: string;
  /** Whether anything stands there, or something whose name could be taken for this one. */
  readonly taken: boolean;
  readonly acl: Acl;
  /** Who may write, by each control file on the way that says so: all must hold, and there must be one. */
  readonly writers: readonly (readonly Principal[])[];
  /** The way to an entry of the held folder, wherever that is by now. */
  at(name: string): string;
  /** Of an entry, itself and not what it points to; undefined when it is not there. */
  look(name: string): Promise<BigIntStats | undefined>;
  /** The bytes of what stands there. */
  read(max: number): Promise<Uint8Array>;
  /** Rejects with `conflict` when the held folder is not any more where it was found. */
  verify(): Promise<void>;
  /** Makes durable which entries the folder has. */
  sync(): Promise<void>;
}

/**
 * Works at the place of a key: down from the root, each folder opened without following a link, by the names that are there. What
 * is behind a link, hidden or not listed has no place.
 */
export const inPlace = async <T>(
  key: string,
  run: Run<Settings, never>,
  work: (place: Place | undefined) => Promise<T>,
): Promise<T> => {
  run.signal.throwIfAborted();
  await using held = new AsyncDisposableStack();
  const tree = await openTree(run, run.settings.root);
  return await work(await placeAt(key, { run, tree }, (handle) => held.use(handle))); // and only then lets the folders go
};

interface Folder {
  readonly key: string;
  readonly path: string;
  readonly handle: FileHandle;
  /** Why nobody may see it, as is seen from beside it. */
  readonly closed?: string;
}

/** What was said on the way. */
interface Said {
  readonly chain: (AclTerm | Unknown)[];
  readonly writers: (readonly Principal[])[];
}

const placeAt = async (key: string, reading: Reading, hold: (handle: FileHandle) => FileHandle): Promise<Place | undefined> => {
  const names = key.split('/');
  const said: Said = { chain: [], writers: [] };
  const { root } = reading.tree;
  let folder: Folder = { key: ROOT, path: root, handle: hold(await openFolder(root)) };
  for (const [at, name] of names.entries()) {
    reading.run.signal.throwIfAborted();
    const entries = at > DEPTH_MAX ? undefined : await reading.tree.entries(folder.path);
    if (!entries) return undefined;
    const controls = controlsOf(entries.map((entry) => entry.name));
    await hear(reading, folder, controls.of(''), said);
    const narrowing = controls.of(name);
    if (at === names.length - 1) return placeIn(reading, folder, { name, entries, narrowing, said });
    const [entry, other] = new Map(byName(entries)).get(name) ?? [];
    if (!entry?.readable || other) return undefined;
    const handle = await openFolder(entryOf(folder, entry.name)).catch(noFolder);
    if (!handle) return undefined;
    const misplaced = narrowing.control ?? narrowing.doubtful;
    const closed = misplaced === undefined ? {} : { closed: `${misplaced} seems to mean this folder` };
    folder = { key: keyOf(folder.key, name), path: join(folder.path, entry.name), handle: hold(handle), ...closed };
  }
  return undefined;
};

/** What a folder itself says; the root says something also without a control file. */
const hear = async (reading: Reading, folder: Folder, narrowing: Narrowing, said: Said): Promise<void> => {
  const own: Control | Unknown | undefined =
    folder.closed === undefined ? await endOf(ownControl(reading, folder, folder.key, narrowing)) : { unknown: folder.closed };
  const term = own && 'term' in own ? own.term : own;
  if (folder.key === ROOT) {
    const acl = rootAcl(reading.run.settings, term);
    said.chain.push(...('unknown' in acl ? [acl] : acl.terms));
  } else if (term) said.chain.push(term);
  if (own && 'term' in own && own.writers) said.writers.push(own.writers);
};

interface Within {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly narrowing: Narrowing;
  readonly said: Said;
}

const placeIn = async (
  reading: Reading,
  folder: Folder,
  { name, entries, narrowing, said: { chain, writers } }: Within,
): Promise<Place> => {
  const { tree, run } = reading;
  const { handle, path } = folder;
  const key = keyOf(folder.key, name);
  const own = await endOf(ownControl(reading, folder, key, narrowing));
  const [entry, other] = new Map(byName(entries)).get(name) ?? [];
  const found = entry?.readable && !other ? entry.name : undefined;
  const look = (name: string): Promise<BigIntStats | undefined> => lstat(entryOf(folder, name), { bigint: true }).catch(nothing);
  return {
    key,
    reading,
    name,
    ...(found !== undefined && { found }),
    taken: entries.some((entry) => folded(entry.name) === folded(name)),
    acl: spelledOut(aclBelow(folder.key, own && 'term' in own ? own.term : own), chain),
    writers: own && 'term' in own && own.writers ? [...writers, own.writers] : writers,
    at: (name) => entryOf(folder, name),
    look,
    read: (max) => tree.read(join(path, found ?? name), max, run.signal),
    async verify() {
      run.signal.throwIfAborted();
      await tree.verify();
      const [there, mine] = await Promise.all([lstat(path, { bigint: true }).catch(nothing), handle.stat({ bigint: true })]);
      const real = await realpath(path).catch(nothing);
      if (real === path && there?.ino === mine.ino && there.dev === mine.dev) return;
      throw new AppError('conflict', `The folder of ${key} was moved while it was written. Nothing was written; ask again.`);
    },
    sync: () => handle.sync(),
  };
};

/** Never through a link: that one would be opened is an error. */
const openFolder = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

/** By what is held open where the system offers that, so that nobody can put another folder in its place. */
const entryOf = ({ handle, path }: Pick<Folder, 'handle' | 'path'>, name: string): string =>
  process.platform === 'linux' ? `/proc/self/fd/${handle.fd}/${name}` : join(path, name);

const nothing = (error: unknown): undefined => {
  if (isCode(error, ['ENOENT', 'ENOTDIR'])) return undefined;
  throw error;
};

const noFolder = (error: unknown): undefined => {
  if (isCode(error, ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'])) return undefined;
  throw error;
};

/** Is this what the system calls by one of these names? */
export const isCode = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
