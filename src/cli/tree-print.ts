import { createHash, type Hash } from 'node:crypto';
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing that is deeper is read by anybody. */
const DEPTH_MAX = 100;
/** More entries than any connector reads. */
const ENTRIES_MAX = 1_000_000;

export interface TreePrintOptions {
  readonly skips: (name: string, path: string) => boolean;
  readonly signal: AbortSignal;
}

/** What a tree looks like from outside: another text once anything in it was changed. Nothing of it is kept in memory. */
export const treePrint = async (root: string, { skips, signal }: TreePrintOptions): Promise<string> => {
  const digest = createHash('sha256');
  let entries = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    const listed = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
    for (const { name } of listed.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      signal.throwIfAborted();
      const path = join(folder, name);
      if (skips(name, path) || ++entries > ENTRIES_MAX) continue;
      const stats = await lstat(path, { bigint: true }).catch(() => undefined);
      add(digest, path, stats);
      if (stats?.isDirectory() && depth < DEPTH_MAX) await walk(path, depth + 1);
    }
  };
  await walk(root, 0);
  return digest.digest('hex');
};

/** What moves whenever content, permissions or the place itself do. */
export const printOf = ({ dev, ino, mode, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, mode, size, mtimeNs, ctimeNs].join(' ');

const add = (digest: Hash, path: string, stats: BigIntStats | undefined): void => {
  digest.update(`${path}\0${stats ? printOf(stats) : ''}\0`);
};
