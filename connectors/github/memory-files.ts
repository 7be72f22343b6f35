import type { PromiseFsClient } from 'isomorphic-git';

/**
 * Files that are nowhere but in memory, and go with whoever holds them: enough of `node:fs/promises` for git to keep what it
 * fetched. Nothing of a wiki is ever written to a disk in clear, so no kill can leave it there. `check` sees each file before it is
 * kept, and throws where it should not be.
 */
export const memoryFiles = (check: (path: string, bytes: Uint8Array) => void): PromiseFsClient => {
  const files = new Map<string, Buffer>();
  const folders = new Set<string>(['/']);
  const stat = async (path: string): Promise<Stat> => {
    const file = files.get(path);
    if (!file && !folders.has(path)) throw missing(path);
    return statOf(file);
  };
  const remove = async (path: string): Promise<void> => {
    if (!files.delete(path)) throw missing(path);
  };
  return {
    promises: {
      readFile: async (path: string, options?: Encoded): Promise<Buffer | string> => {
        const file = files.get(path);
        if (!file) throw missing(path);
        return encodingOf(options) === undefined ? file : file.toString('utf8');
      },
      writeFile: async (path: string, written: Uint8Array | string): Promise<void> => {
        if (!folders.has(parentOf(path))) throw missing(path);
        const bytes = Buffer.from(written);
        check(path, bytes);
        files.set(path, bytes);
      },
      unlink: remove,
      readdir: async (path: string): Promise<string[]> => {
        if (!folders.has(path)) throw missing(path);
        return [...files.keys(), ...folders].filter((one) => one !== '/' && parentOf(one) === path).map(nameOf);
      },
      mkdir: async (path: string): Promise<void> => {
        if (!folders.has(parentOf(path))) throw missing(path);
        folders.add(path);
      },
      rmdir: async (path: string): Promise<void> => void folders.delete(path),
      stat,
      lstat: stat,
      // There are no links here.
      readlink: async (path: string): Promise<never> => Promise.reject(missing(path)),
      symlink: async (path: string): Promise<never> => Promise.reject(missing(path)),
    },
  };
};

type Encoded = string | { readonly encoding?: string } | undefined;
const encodingOf = (options: Encoded): string | undefined => (typeof options === 'string' ? options : options?.encoding);

interface Stat {
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly isFile: () => boolean;
  readonly isDirectory: () => boolean;
  readonly isSymbolicLink: () => boolean;
}

const statOf = (file: Buffer | undefined): Stat => ({
  size: file?.byteLength ?? 0,
  mode: file ? 0o100_600 : 0o40_700,
  mtimeMs: 0,
  isFile: () => file !== undefined,
  isDirectory: () => file === undefined,
  isSymbolicLink: () => false,
});

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const missing = (path: string): Error => Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' });
