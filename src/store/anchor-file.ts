import { open, readFile } from 'node:fs/promises';

import { AppError } from '../core/errors.ts';

/** Adds one signed head to an anchor file, on disk when it resolves. Made readable to its owner only; never shortened. */
export const appendAnchor = async (path: string, line: string): Promise<void> => {
  try {
    await using file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    const { buffer } = size > 0 ? await file.read(Buffer.alloc(1), 0, 1, size - 1) : { buffer: Buffer.from('\n') };
    // A line that a loss of power cut must not swallow this one.
    await file.appendFile(buffer.toString() === '\n' ? `${line}\n` : `\n${line}\n`);
    await file.sync();
  } catch (cause) {
    throw new AppError('unavailable', `The anchor file ${path} cannot be written. Check its folder and disk.`, { cause });
  }
};

/** The lines of an anchor file; none when there is no file. */
export const readAnchors = async (path: string): Promise<string[]> => {
  try {
    const text = await readFile(path, 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new AppError('unavailable', `The anchor file ${path} cannot be read. Make it readable to this user.`, { cause });
  }
};
