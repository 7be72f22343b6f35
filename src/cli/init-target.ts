import { constants } from 'node:fs';
import { access, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

import { AppError } from '../core/errors.ts';
import type { Place } from './parts.ts';
import { shellWord } from './words.ts';

/** Of what stands beside each other, so many are offered. */
const OFFERED_MAX = 5;
const LINES = /\.(?:jsonl|ndjson)$/iu;

/** What is to become a source. Paths are absolute. */
export interface Target {
  readonly connector: 'files' | 'jsonl';
  readonly path: string;
  /** As a person wrote it. */
  readonly shown: string;
}

/** Finds what to look at: what was named, or the one thing that lies where the configuration will. */
export const targetOf = async (given: string | undefined, { config, data }: Place): Promise<Target> => {
  const beside = await folderOf(config);
  const shown = given ?? (await onlyOne(beside));
  const path = await real(shown);
  const found = await stat(path);
  if (found.isFile() && LINES.test(path)) {
    await readable(path, shown, constants.R_OK);
    return { connector: 'jsonl', path, shown };
  }
  if (!found.isDirectory()) {
    throw new AppError('invalid_input', `${shown} is neither a folder nor a file of JSON lines. Name one that ends in .jsonl.`);
  }
  await readable(path, shown, constants.R_OK | constants.X_OK);
  refuseInside({ root: path, shown, beside, config });
  await refuseDataInside({ root: path, shown, data });
  return { connector: 'files', path, shown };
};

/** A path as the configuration names it: from its own folder on. */
export const fromConfig = async (path: string, config: string): Promise<string> => {
  const way = relative(await folderOf(config), path).replaceAll(sep, '/');
  const written = way === '' ? '.' : way.startsWith('.') || way.startsWith('/') ? way : `./${way}`;
  if (!written.includes('${')) return written;
  throw new AppError('invalid_input', `${path} has "\${" in its name, which a configuration reads as a variable. Rename it.`);
};

const folderOf = async (config: string): Promise<string> => {
  const folder = dirname(resolve(config));
  return realpath(folder).catch((cause: unknown) => {
    throw new AppError(
      'config',
      `There is no folder ${folder} for the configuration. Make it, or name another: --config <file>`,
      {
        cause,
      },
    );
  });
};

const real = async (shown: string): Promise<string> => {
  try {
    return await realpath(resolve(shown));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'EACCES') throw unreadable(shown, cause);
    throw new AppError('invalid_input', `There is no ${shown}. Name a folder or a .jsonl file: castellan init <path>`, { cause });
  }
};

const readable = async (path: string, shown: string, mode: number): Promise<void> =>
  access(path, mode).catch((cause: unknown) => {
    throw unreadable(shown, cause);
  });

const unreadable = (shown: string, cause: unknown): AppError =>
  new AppError('invalid_input', `${shown} cannot be read. Give this user the right to read it, or run as its owner.`, { cause });

const onlyOne = async (folder: string): Promise<string> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(folder, cause);
  });
  const candidates = entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || (entry.isFile() && LINES.test(entry.name))))
    .map(({ name }) => `./${relative('', join(folder, name)).replaceAll(sep, '/')}`)
    .toSorted();
  const [only, ...more] = candidates;
  if (only !== undefined && more.length === 0) return only;
  const first = candidates.slice(0, OFFERED_MAX).map((name) => `castellan init ${shellWord(name)}`);
  throw new AppError(
    'invalid_input',
    only === undefined
      ? `There is no folder and no .jsonl file in ${folder}. Name what to read: castellan init <path>`
      : `There is more than one thing to read here. Name one: ${first.join(' or ')}${candidates.length > OFFERED_MAX ? ' or another' : ''}`,
  );
};

const isInside = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

/** Whoever may write in the folder must not be able to say who reads it. */
const refuseInside = (given: { root: string; shown: string; beside: string; config: string }): void => {
  const { root, shown, beside, config } = given;
  if (!isInside(root, beside)) return;
  const outside = dirname(root);
  const words = ['--config', join(outside, basename(config)), '--data', join(outside, '.castellan')].map(shellWord);
  throw new AppError(
    'invalid_input',
    `${config} would lie inside the folder it is about, where it would be read as a document. ` +
      `Put it outside: castellan init ${shellWord(shown)} ${words.join(' ')}`,
  );
};

/** What is hidden is not read, so a data folder below a hidden one does no harm. */
const refuseDataInside = async ({ root, shown, data }: { root: string; shown: string; data: string }): Promise<void> => {
  const path = await realpath(resolve(data)).catch(() => resolve(data));
  if (!isInside(root, path)) return;
  const way = relative(root, path).split(sep);
  if (way.some((name) => name.startsWith('.'))) return;
  throw new AppError(
    'invalid_input',
    `The data folder ${data} lies inside ${shown} and would be read. Name one outside: --data <folder>`,
  );
};
