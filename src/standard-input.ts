import { constants } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';

import { AppError } from './core/errors.ts';
import { processStarted } from './store/sqlite/writing/process-alive.ts';

/** More is no listing that somebody pipes, and would fill the disk of the index. */
const BYTES_MAX = 8 * 1024 ** 3;

interface StandardInput {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** The data folder: nobody else can read there. */
  readonly folder: string;
  readonly source: string;
  readonly signal: AbortSignal;
  readonly bytesMax?: number;
}

/** Reads standard input to its end into a file that is gone once `use` is done with it. */
export const withStandardInput = async <T>(given: StandardInput, use: (path: string) => Promise<T>): Promise<T> => {
  const { stdin, folder, source } = given;
  if (stdin.isTTY === true) {
    throw new AppError(
      'invalid_input',
      `sources.${source} is read from standard input, and that is a terminal. Pipe its lines in: … | castellan sync ${source}`,
    );
  }
  await removeLeftovers(folder);
  const path = join(folder, `${PREFIX}${process.pid}.jsonl`);
  try {
    await spool(given, path);
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
};

const PREFIX = 'stdin-';

const spool = async ({ stdin, source, signal, bytesMax = BYTES_MAX }: StandardInput, path: string): Promise<void> => {
  await using file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  let bytes = 0;
  try {
    const blocks: AsyncIterable<Uint8Array> = addAbortSignal(signal, stdin);
    for await (const block of blocks) {
      bytes += block.length;
      if (bytes > bytesMax) {
        throw new AppError(
          'too_large',
          `Standard input is larger than ${bytesMax} bytes. Put it into a file and name that: sources.${source}.path`,
        );
      }
      await file.appendFile(block);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof AppError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('unavailable', `Standard input could not be read whole (${why}). Make room, then run it again.`, {
      cause,
    });
  }
};

/** What a killed process left behind. */
const removeLeftovers = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const [, pid] = /^stdin-(\d+)\.jsonl$/u.exec(name) ?? [];
    if (pid === undefined) continue;
    if (Number(pid) === process.pid || processStarted(Number(pid)) === undefined) await rm(join(folder, name), { force: true });
  }
};
