import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** A file of the repository. `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The root of the repository. */
export const ROOT = normalize(join(import.meta.dirname, '..', '..'));

/** Every file under these folders whose name ends so. */
export const filesUnder = (folders: readonly string[], ending: RegExp): SourceFile[] =>
  folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && ending.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => ({ path: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') })),
  );

/** One import: of a file of this repository, by its path from the root, or of a package. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly kind: 'file' | 'package';
  /** Erased before anything runs. */
  readonly typeOnly: boolean;
}

const STATIC = /^(?:import|export)\s+(?<names>[^'";]*?)\s*from\s+'(?<to>[^']+)'/gmu;
const BARE = /^import\s+'(?<to>[^']+)'/gmu;
const DYNAMIC = /\bimport\('(?<to>[^']+)'\)/gu;
/** How a worker is named: `extension` is that of the file itself. */
const URLS = /new URL\(['`](?<url>[^'`]+)['`], import\.meta\.url\)/gu;

/** What a file imports, workers it starts included. */
export const importsOf = ({ path, text }: SourceFile): Import[] => {
  const found = [STATIC, BARE, DYNAMIC, URLS].flatMap((pattern) => [...text.matchAll(pattern)]);
  return found.map(({ groups: { to = '', url = '', names = '' } = {} }) => {
    const specifier = to || besideIt(url);
    const file = specifier.startsWith('.');
    return {
      from: path,
      to: file ? join(dirname(path), specifier).replaceAll('\\', '/') : packageOf(specifier),
      kind: file ? 'file' : 'package',
      typeOnly: isTypeOnly(names),
    };
  });
};

const besideIt = (url: string): string => (url.startsWith('.') ? url : `./${url}`).replace('${extension}', '.ts');

const isTypeOnly = (names: string): boolean => {
  if (/^type\s/u.test(names)) return true;
  const named = /^\{(?<list>[^}]*)\}$/u.exec(names.trim())?.groups?.['list'];
  const list = (named ?? '').split(',').filter((name) => name.trim());
  return list.length > 0 && list.every((name) => /^\s*type\s/u.test(name));
};

/** `@scope/name/deep` is the package `@scope/name`. */
const packageOf = (specifier: string): string => {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
};
