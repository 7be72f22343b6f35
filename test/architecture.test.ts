import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { filesUnder, importsOf, ROOT, type SourceFile } from './support/source-tree.ts';

/** Each room, and the rooms it may import besides itself. To read this table is to read the architecture. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/thread': ['src/core'],
  'src/store': ['src/core', 'src/thread'],
  'src/access': ['src/core', 'src/store', 'src/thread'],
  'src/embed': ['src/core', 'src/thread'],
  'src/sources': ['src/core', 'src/store'],
  'src/ingest': ['src/core', 'src/store', 'src/sources'],
  'src/retrieval': ['src/core', 'src/store'],
  'src/reader': ['src/core', 'src/thread', 'src/store', 'src/access', 'src/retrieval', 'src/sources'],
  'src/writes': ['src/core', 'src/store', 'src/access', 'src/sources'],
  'src/tools': ['src/core'], // a tool reaches data only through the view it is handed
  'src/server': ['src/core', 'src/thread', 'src/store', 'src/access', 'src/reader', 'src/writes', 'src/tools'],
  'src/openai': ['src/core'],
  'src/cli': ['src/core'], // and types of the rest: main hands it the built parts
  'src/config': ['src/core'],
  connectors: ['src/core'], // never another connector, never the store
};

/** These rooms may name the types of every other. */
const TYPES_OF_ALL = ['src/cli'];

/** Packages that stand for a decision, and the only place that knows of it. */
const ONLY_IN: Readonly<Record<string, string | readonly string[]>> = {
  '@modelcontextprotocol/client': 'src/openai/',
  openai: 'src/openai/',
  'better-sqlite3': 'src/store/sqlite/',
  'sqlite-vec': 'src/store/sqlite/',
  '@modelcontextprotocol/server': 'src/server/',
  'onnxruntime-node': 'src/embed/',
  jose: ['src/access/', 'src/sources/sign-in/'], // one reads what others signed, the other signs
  oauth4webapi: 'src/sources/sign-in/',
  scimmy: 'src/server/scim/',
  'scim2-parse-filter': 'src/server/scim/',
  undici: 'src/sources/',
  'ipaddr.js': 'src/sources/',
  diff: 'src/core/line-diff.ts',
  pg: 'connectors/postgres/',
  'pg-logical-replication': 'connectors/postgres/',
};

/** A file may become as long as a person reads at one go. */
const LINES_MAX = 300;

const product = filesUnder(['src', 'connectors'], /\.(?:ts|js)$/u);
const tests = filesUnder(['test'], /\.ts$/u);

describe('the rooms', () => {
  test('the scan finds the product and its tests', () => {
    expect(product.length).toBeGreaterThan(60);
    expect(tests.length).toBeGreaterThan(20);
    expect(product.flatMap(importsOf).length).toBeGreaterThan(product.length);
  });

  test('every folder is a room of the table, and every room of the table is there', () => {
    expect([...new Set(product.map(roomOf))].filter((room) => room !== 'root').toSorted()).toEqual(
      [...Object.keys(MAY_IMPORT), 'connectors/index'].toSorted(),
    );
  });

  test('rooms import only the rooms they may', () => {
    expect(product.flatMap(trespasses)).toEqual([]);
  });

  test('every import of a file leads to a file', () => {
    const lost = product.flatMap(importsOf).filter(({ kind, to }) => kind === 'file' && !existsSync(join(ROOT, to)));
    expect(lost).toEqual([]);
  });

  test('a package that stands for a decision is known in one place', () => {
    expect(product.flatMap(strangers)).toEqual([]);
  });

  test.each([
    ['src/tools/search.ts', "import { openIndex } from '../store/sqlite/index-store.ts';"],
    ['src/core/acl.ts', "import type { Store } from '../store/store.ts';"],
    ['src/cli/sync.ts', "import { type A, open } from '../store/store.ts';"],
    ['src/reader/views.ts', "const worker = new Worker(new URL('../ingest/x.ts', import.meta.url));"],
    ['src/reader/views.ts', 'const worker = new Worker(new URL(`../ingest/x${extension}`, import.meta.url));'],
    ['connectors/files/sync.ts', "import { read } from '../jsonl/api.ts';"],
    ['connectors/files/sync.ts', "const store = await import('../../src/store/store.ts');"],
  ])('a trespass in %s is seen', (path, text) => {
    expect(trespasses({ path, text })).toHaveLength(1);
  });

  test.each([
    ['src/core/acl.ts', "import { Command } from 'commander';"],
    ['src/reader/views.ts', "import Database from 'better-sqlite3';"],
    ['src/cli/serve.ts', "import { serveStdio } from '@modelcontextprotocol/server/stdio';"],
    ['src/server/call.ts', "import { decodeJwt } from 'jose';"],
    ['src/access/link.ts', "import { None } from 'oauth4webapi';"],
  ])('a package out of place in %s is seen', (path, text) => {
    expect(strangers({ path, text })).toHaveLength(1);
  });

  test('the command line may name the types of every room', () => {
    const text = "import type { Store } from '../store/store.ts';\nimport { type A, type B } from '../reader/views.ts';";
    expect(trespasses({ path: 'src/cli/sync.ts', text })).toEqual([]);
  });
});

describe('every file', () => {
  test('is short enough to be read at one go', () => {
    const long = [...product, ...tests, ...filesUnder(['src'], /\.sql$/u)].filter(({ text }) => linesOf(text) > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('is named for its idea, in kebab case', () => {
    const ideas = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:property|child))?(?:\.(?:test|worker))?\.(?:ts|js)$/u;
    const drawers = /^(?:utils?|helpers?|common|misc|internal|types)\.ts$/u;
    const named = [...product, ...tests].filter(({ path }) => !ideas.test(basename(path)) || drawers.test(basename(path)));
    expect(named.map(({ path }) => path)).toEqual([]);
  });

  test('leaves the environment to main and the launcher', () => {
    const reads = product.filter(
      ({ path, text }) => !readsEnvironment(path) && /\bprocess\.env\b|\benv\b[^'"]*from 'node:process'/u.test(text),
    );
    expect(reads.map(({ path }) => path)).toEqual([]);
  });

  test('names what it starts so that it is found where everything is compiled', () => {
    const written = /new URL\(\s*['"`][^'"`]*\.ts['"`]/u;
    expect(written.test("new Worker(new URL('./view.worker.ts', import.meta.url))")).toBe(true);
    expect(product.filter(({ text }) => written.test(text)).map(({ path }) => path)).toEqual([]);
    const started = product.flatMap(importsOf).filter(({ to }) => to.endsWith('.worker.ts'));
    const workers = product.map(({ path }) => path).filter((path) => path.endsWith('.worker.ts'));
    expect(new Set(started.map(({ to }) => to))).toEqual(new Set(workers));
  });

  test('leaves nothing for later, and no test is passed over', () => {
    const later = new RegExp(['TO', 'DO|FIX', 'ME'].join(''), 'u'); // written so that this file is not found
    const passedOver = /\b(?:test|it|describe)\.(?:skip|todo|only|fails)\b/u;
    const found = [...product, ...tests].filter(({ text }) => later.test(text) || passedOver.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  test('a connector is four files', () => {
    const connectors = new Set(product.map(({ path }) => path).flatMap((path) => /^connectors\/[^/]+(?=\/)/u.exec(path) ?? []));
    expect(connectors.size).toBeGreaterThan(1);
    const missing = [...connectors].flatMap((folder) =>
      ['sync.ts', 'api.ts', 'map.ts', 'README.md']
        .map((name) => `${folder}/${name}`)
        .filter((path) => !existsSync(join(ROOT, path))),
    );
    expect(missing).toEqual([]);
  });
});

/** What lies directly under src is the composition root: it builds the real things. The roots of threads do so too. */
const isRoot = (path: string): boolean => /^src\/[^/]+$/u.test(path);
/** Only these read the real environment; the rest of the root is handed it. */
const readsEnvironment = (path: string): boolean => /^src\/(?:main\.ts|launcher\.js)$/u.test(path);
const isThread = (path: string): boolean => path.endsWith('.worker.ts');

const roomOf = ({ path }: Pick<SourceFile, 'path'>): string => {
  if (isRoot(path)) return 'root';
  const [top = '', second = ''] = path.split('/');
  if (path === 'connectors/index.ts') return 'connectors/index';
  return top === 'connectors' ? 'connectors' : `${top}/${second}`;
};

const trespasses = (file: SourceFile): string[] => {
  if (isRoot(file.path) || isThread(file.path)) return [];
  const room = roomOf(file);
  const allowed = MAY_IMPORT[room] ?? ['src/core', 'connectors'];
  return importsOf(file)
    .filter(({ kind, to, typeOnly }) => {
      const target = roomOf({ path: to });
      if (kind === 'package' || (typeOnly && TYPES_OF_ALL.includes(room))) return false;
      if (room === 'connectors' && target === room) return connectorOf(to) !== connectorOf(file.path);
      return target !== room && !allowed.includes(target);
    })
    .map(({ from, to }) => `${from} imports ${to}`);
};

const connectorOf = (path: string): string | undefined => path.split('/')[1];

const strangers = (file: SourceFile): string[] =>
  importsOf(file)
    .filter(({ kind, to }) => {
      if (kind === 'file') return false;
      const places = ONLY_IN[to];
      if (places !== undefined) return ![places].flat().some((place) => file.path.startsWith(place));
      return file.path.startsWith('src/core/') && to !== 'zod' && !to.startsWith('node:');
    })
    .map(({ from, to }) => `${from} imports ${to}`);

const linesOf = (text: string): number => text.replace(/\n$/u, '').split('\n').length;
