import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '../core/errors.ts';

/** Tokens of this server's own that are good no more, although they have not expired. */
export interface WithdrawnTokens {
  /** Holds for every process on this data folder once it resolves. Rejects with `unavailable`, and then it may not hold. */
  withdraw(id: string): Promise<void>;
  /** Rejects with `unavailable` where that cannot be read. */
  isWithdrawn(id: string): Promise<boolean>;
}

/** Nobody's token is older than a day: what was withdrawn before is refused for its age. In ms, with room for a clock that is off. */
const KEPT = 2 * 24 * 3_600_000;
/** A name of a file, and no way out of the folder. */
const ID = /^[\w-]{1,100}$/u;

/** One empty file a token, named by its id: made at once or not at all, and seen by whoever looks. */
export const openWithdrawnTokens = ({
  folder,
  now,
}: {
  readonly folder: string;
  readonly now: () => number;
}): WithdrawnTokens => ({
  withdraw: async (id) => {
    try {
      await mkdir(folder, { mode: 0o700 }).catch(unless('EEXIST'));
      const file = await open(pathOf(folder, id), 'wx', 0o600).catch(unless('EEXIST'));
      await file?.close();
    } catch (cause) {
      throw new AppError('unavailable', `A token could not be withdrawn in ${folder}. It expires within minutes.`, { cause });
    }
    await forgetOld(folder, now() - KEPT);
  },
  isWithdrawn: async (id) => {
    try {
      const found = await stat(pathOf(folder, id)).catch(unless('ENOENT'));
      return found !== undefined;
    } catch (cause) {
      throw new AppError('unavailable', `${folder} cannot be read, so no token is known to be good. Let its owner read it.`, {
        cause,
      });
    }
  },
});

const pathOf = (folder: string, id: string): string => {
  if (!ID.test(id)) throw new Error('the id of a token is none');
  return join(folder, id);
};

/** The value that an error of this kind stands for: nothing. */
const unless =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error;
    return undefined;
  };

/** What cannot be cleared away now is cleared away by the next. */
const forgetOld = async (folder: string, before: number): Promise<void> => {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < before) await unlink(path).catch(() => undefined);
  }
};
