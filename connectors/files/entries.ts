import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Run } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Entry, reasonOf, type Tree } from './api.ts';
import {
  aclBelow,
  allowSchema,
  type Control,
  CONTROL,
  isControl,
  keyOf,
  mediaTypeOf,
  type Narrowing,
  parseControl,
  ROOT,
  titleOf,
  type Unknown,
} from './map.ts';

/** What the walk of a run and the way to one file have in common: what a folder holds, and who may see it. */

/** A larger document would have to be held in memory whole. */
const BYTES_MAX = 50 * 1024 * 1024;
/** One term: more is no list a person keeps. */
const CONTROL_BYTES_MAX = 1024 * 1024;

/** An audience holds through at most 64 containers: what is deeper nobody could see. */
export const DEPTH_MAX = 60;

/** What a configuration says of a folder tree. */
export const settingsSchema = z.strictObject({
  root: z.string().min(1),
  people: z.string().min(1),
  default_acl: allowSchema.exactOptional(),
  max_bytes: z.int().min(1).max(BYTES_MAX).exactOptional(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** One run, and the tree it reads. */
export interface Reading {
  readonly run: Run<Settings, null>;
  readonly tree: Tree;
}

/** A folder, on the way to what is in it. */
export interface Folder {
  readonly key: string;
  readonly path: string;
  readonly depth: number;
  /** Why nobody may see it, as is seen from beside it. */
  readonly closed?: string;
}

/** What may be a document or folder, by composed name and in the order of its code units, whatever the file system's is. */
export const byName = (found: readonly Entry[]): [string, Entry[]][] => {
  const shown = found.filter(({ name }) => !isHidden(name) && !isControl(name));
  return [...Map.groupBy(shown, ({ name }) => name.normalize('NFC'))].toSorted(([a], [b]) => (a < b ? -1 : 1));
};

/** Is this a name that is no document, and no folder to walk? */
export const isHidden = (name: string): boolean => name.startsWith('.');

/** A regular file as it was found. */
export interface File {
  readonly key: string;
  readonly path: string;
  readonly stats: BigIntStats;
  readonly narrowing: Narrowing;
}

/** What is to be said of a file: a document, or why it is none. */
export async function* fileChanges(
  walk: Reading,
  folder: Folder,
  { key, path, stats, narrowing }: File,
): AsyncGenerator<Change<null>> {
  const { tree, run } = walk;
  const { size, ino, mtimeMs, mtimeNs, ctimeNs } = stats;
  const acl = aclBelow(folder.key, yield* ownTerm(walk, folder, key, narrowing));
  const max = run.settings.max_bytes ?? BYTES_MAX;
  if (size > max) {
    yield { type: 'acl', key, acl }; // of what was indexed when it was smaller
    yield trouble(`The file is ${size} bytes; at most ${max} are read. Split it, or leave it out.`, key);
    return;
  }
  const read = async (signal: AbortSignal): Promise<Uint8Array> => {
    try {
      return await tree.read(path, max, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new AppError(
        'source_unavailable',
        `${key} cannot be read: ${reasonOf(cause)}. Mend it, then: castellan sync ${run.source}`,
        {
          cause,
        },
      );
    }
  };
  const name = key.slice(key.lastIndexOf('/') + 1);
  const mediaType = mediaTypeOf(name);
  const document = {
    key,
    title: titleOf(name),
    type: 'file',
    parent: folder.key,
    updatedAt: new Date(Number(mtimeMs)),
    acl,
    // The change time moves whenever content or permissions do, and cannot be set back.
    revision: [size, mtimeNs, ctimeNs, ino].join('-'),
    body: { kind: 'bytes' as const, mediaType, size: Number(size), read },
    fields: { media_type: mediaType, size: Number(size) },
  };
  yield { type: 'document', document };
}

/** The term of a control file; undefined where there is none. One that cannot be read holds for nobody. */
export async function* ownTerm(
  reading: Reading,
  folder: Folder,
  key: string,
  narrowing: Narrowing,
): AsyncGenerator<Change<null>, AclTerm | Unknown | undefined> {
  const own = yield* ownControl(reading, folder, key, narrowing);
  return own && 'term' in own ? own.term : own;
}

/** All that it says. */
export async function* ownControl(
  { tree, run }: Reading,
  folder: Pick<Folder, 'key' | 'path'>,
  key: string,
  { control, doubtful }: Narrowing,
): AsyncGenerator<Change<null>, Control | Unknown | undefined> {
  if (doubtful !== undefined) {
    const wrong = keyOf(folder.key, doubtful);
    yield trouble(
      `${wrong} looks like a control file, but is not named exactly as one. Nobody sees ${key} until it is renamed.`,
      key,
    );
    return { unknown: `${doubtful} is not named exactly as a control file` };
  }
  if (control === undefined) return undefined;
  const file = keyOf(folder.key, control);
  try {
    return parseControl(await tree.read(join(folder.path, control), CONTROL_BYTES_MAX, run.signal), file);
  } catch (error) {
    run.signal.throwIfAborted();
    yield trouble(`${file} cannot be understood (${reasonOf(error)}). Nobody sees ${key} until it is mended.`, key);
    return { unknown: `${file} cannot be understood` };
  }
}

/** Nothing is above the root that could narrow it, so without any term of its own nobody sees the tree. */
export const rootAcl = ({ default_acl }: Settings, own?: AclTerm | Unknown): Acl => {
  if (own) return 'unknown' in own ? own : { terms: [own] };
  if (default_acl) return { terms: [{ allow: default_acl, deny: [], from: 'default_acl' }] };
  return { unknown: `there is no ${CONTROL} at the root and no default_acl` };
};

/** The key of the folder that something is in. */
export const parentOf = (key: string): string => (key.includes('/') ? key.slice(0, key.lastIndexOf('/')) : ROOT);

/** With a key it is counted as seen; without, nothing of this run may be taken for gone. */
export const trouble = (message: string, key?: string): Change<null> => ({
  type: 'problem',
  error: new Error(message),
  ...(key === undefined ? {} : { key }),
});
