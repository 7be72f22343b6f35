import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';

import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import type { Intent } from '../../src/core/write.ts';
import { isCode, type Place } from './write-place.ts';

/**
 * A write is made beside its place, under names that begin with a dot and are no documents, and put there in one step. Whatever
 * such names a crash leaves tells how far the write was.
 */

/** What is kept before that step. `mark` is which file was made beside, and `touched` when its entries were changed last. */
const noteSchema = z.strictObject({
  mark: z.string(),
  touched: z.string(),
  /** What stood there before, as `mark` and `touched` of it. */
  before: z.string().exactOptional(),
  /** Revision of what is written. */
  after: z.string().exactOptional(),
});
export type Note = z.infer<typeof noteSchema>;

/** What was kept of a write; undefined where nothing was, and so nothing was put anywhere. */
export const noteOf = ({ kept }: Intent): Note | undefined =>
  kept === undefined ? undefined : noteSchema.parse(JSON.parse(kept));

/** Which file this is, whatever it is called. */
export const markOf = ({ dev, ino }: BigIntStats): string => `${dev}-${ino}`;

/** The same as long as nobody wrote into this file, renamed it or changed its permissions. */
export const stateOf = (stats: BigIntStats): string =>
  [markOf(stats), stats.size, stats.mtimeNs, stats.ctimeNs, stats.mode].join('-');

/** The file that is made beside the place, for one write. */
const besideOf = ({ id }: Intent): string => `.castellan-${id}.tmp`;
/** What the file that was there is called while it is taken away. */
export const oldOf = ({ id }: Intent): string => `.castellan-${id}.old`;
/** Whoever has this name changes the file of the other, and nobody else does. */
const lockOf = (name: string): string => `.castellan-${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`;

/** How a file that replaces another keeps whose it is, and for whom. */
type Kept = Pick<BigIntStats, 'mode' | 'uid' | 'gid'>;

/** Makes the file beside, whole and durable. */
export const stage = async (place: Place, intent: Intent, bytes: Uint8Array, like?: Kept): Promise<void> => {
  const handle = await open(place.at(besideOf(intent)), 'wx', like ? 0o600 : 0o666).catch(faulted(place));
  try {
    await handle.writeFile(bytes);
    if (like) {
      const mine = await handle.stat({ bigint: true });
      if (mine.uid !== like.uid || mine.gid !== like.gid) await handle.chown(Number(like.uid), Number(like.gid));
      await handle.chmod(Number(like.mode & 0o777n));
    }
    await handle.sync();
  } catch (error) {
    throw faultOf(place, error);
  } finally {
    await handle.close();
  }
};

/** Gives the file that was made beside a second name. Undefined: something has that name. */
export const named = async (place: Place, intent: Intent, name: string): Promise<true | undefined> => {
  try {
    await link(place.at(besideOf(intent)), place.at(name));
    return true;
  } catch (error) {
    if (isCode(error, ['EEXIST'])) return undefined;
    throw faultOf(place, error);
  }
};

/** Takes the right to change what stands there; gives the name that stands for it. */
export const locked = async (place: Place, intent: Intent, name: string): Promise<string> => {
  const lock = lockOf(name);
  if (await named(place, intent, lock)) return lock;
  throw new AppError(
    'conflict',
    `${place.key} is being written by somebody else. Nothing was written; ask again. If nobody is, remove ${lock} beside it.`,
  );
};

/** The note of a file that was made beside. */
export const markedOf = async (place: Place, intent: Intent): Promise<Pick<Note, 'mark' | 'touched'>> => {
  const stats = await place.look(besideOf(intent));
  if (!stats) throw new AppError('conflict', `${besideOf(intent)} was taken away while it was written. Ask again.`);
  return { mark: markOf(stats), touched: String(stats.ctimeNs) };
};

/** What a crash has left of a write. */
export interface Left {
  /** The file that was made beside, if it is still that. */
  readonly beside: boolean;
  /** Nothing was done with it since the note was kept. */
  readonly untouched: boolean;
  /** It still holds the right to change what stands there, so it was not put there. */
  readonly locks: boolean;
}

export const leftOf = async (place: Place, intent: Intent, { mark, touched }: Note): Promise<Left> => {
  const stats = await place.look(besideOf(intent));
  const beside = stats !== undefined && markOf(stats) === mark;
  const lock = await place.look(lockOf(place.found ?? place.name));
  return {
    beside,
    untouched: beside && String(stats.ctimeNs) === touched,
    locks: beside && lock !== undefined && markOf(lock) === mark,
  };
};

/** Takes away what was made beside, and the right to change what stands there if it is this write's. */
export const cleared = async (place: Place, intent: Intent): Promise<void> => {
  const beside = await place.look(besideOf(intent));
  if (!beside) return;
  const lock = lockOf(place.found ?? place.name);
  const held = await place.look(lock);
  if (held && markOf(held) === markOf(beside)) await unlink(place.at(lock));
  await unlink(place.at(besideOf(intent)));
};

/** Does what ends before anything is put in its place. Where that surely came to nothing, nothing is left of it either. */
export const unpublished = async <T>(place: Place, intent: Intent, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    // After any other error what is left tells how far it came.
    if (error instanceof AppError && SURE.has(error.code)) await cleared(place, intent).catch(() => undefined);
    throw error;
  }
};

const SURE: ReadonlySet<string> = new Set(['invalid_input', 'not_found', 'conflict', 'too_large', 'source_rejected']);

const faulted = (place: Place) => (error: unknown) => {
  throw faultOf(place, error);
};

/** What the system said, before anything was put in its place. */
export const faultOf = ({ key }: Place, cause: unknown): unknown => {
  const refused = ['EACCES', 'EPERM', 'EROFS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];
  if (isCode(cause, refused))
    return new AppError(
      'source_rejected',
      `${key} cannot be written: the system refused it. Give Castellan the right to write in its folder and to keep its owner.`,
      { cause },
    );
  if (cause instanceof Error && 'code' in cause && !(cause instanceof AppError))
    return new AppError('source_unavailable', `${key} cannot be written now (${String(cause.code)}). Mend that, and ask again.`, {
      cause,
    });
  return cause;
};
