import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { ROOT } from './source-tree.ts';

/** The packed package, in an empty folder far from the tree it was made of. */
export interface APackage {
  /** The file that would be published. */
  readonly tarball: string;
  /** A folder that was empty before the package was installed there. */
  readonly folder: string;
  /** Another one, which stays empty. */
  readonly elsewhere: string;
  /** The tree's own Node, before whatever the machine has. */
  readonly path: string;
  /** Installs it as a person would. */
  install(): Promise<void>;
  /** Runs a program, by default there and on the Node these tests run on. */
  run(program: string, argv: readonly string[], options?: Partial<Around>): Promise<Ran>;
  remove(): void;
}

/** How a program ended. */
export interface Ran {
  /** `null` where it was ended by its deadline. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;

/** Packs the tree. */
export const aPackage = async (): Promise<APackage> => {
  const home = mkdtempSync(join(tmpdir(), 'castellan-package-'));
  const [folder = '', elsewhere = '', cache = ''] = ['folder', 'elsewhere', 'cache'].map((name) => join(home, name));
  for (const each of [folder, elsewhere, cache]) mkdirSync(each);
  // What npm fetched before is there; what npx installs goes away with the rest.
  const fetched = join((await spawned('npm', ['config', 'get', 'cache'], { cwd: home })).stdout.trim(), '_cacache');
  if (existsSync(fetched)) symlinkSync(fetched, join(cache, '_cacache'));
  const env = { npm_config_cache: cache, npm_config_loglevel: 'error', ONNXRUNTIME_NODE_INSTALL: 'skip' };

  await whole('npm', ['pack', '--pack-destination', home], { cwd: ROOT, env });
  const [packed] = readdirSync(home).filter((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw new Error('npm pack made no tarball');
  const tarball = join(home, packed);
  return {
    tarball,
    folder,
    elsewhere,
    path: PATH,
    install: async () => {
      await whole('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder, env });
    },
    run: (program, argv, { cwd = folder, env: more = {} } = {}) => spawned(program, argv, { cwd, env: { ...env, ...more } }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
};

const OF_THESE_TESTS =
  /^(?:npm_(?:package|lifecycle|command|config_(?:local_)?prefix)|INIT_CWD|NODE_(?:OPTIONS|ENV|PATH|COMPILE_CACHE)|VITEST)/iu;
/** The slowest of them fetches 60 packages. */
const DEADLINE_MS = 240_000;

interface Around {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** With nothing that says where the npm is which may have started these tests, or how their Node runs. */
const spawned = async (program: string, argv: readonly string[], { cwd, env = {} }: Around): Promise<Ran> => {
  const around = Object.entries(process.env).filter(([name]) => !OF_THESE_TESTS.test(name));
  const child = spawn(program, argv, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    env: { ...Object.fromEntries(around), PATH, NO_COLOR: '1', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [status] = await once(child, 'close');
  return { status: typeof status === 'number' ? status : null, stdout, stderr };
};

const whole = async (program: string, argv: readonly string[], around: Around): Promise<void> => {
  const { status, stdout, stderr } = await spawned(program, argv, around);
  if (status !== 0) throw new Error(`${program} ${argv[0]} ended with ${status}: ${stdout}${stderr}`);
};
