import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { aFolder } from './support/a-folder.ts';
import { ROOT } from './support/source-tree.ts';

const LAUNCHER = join(ROOT, 'src', 'launcher.js');

/** Makes this Node say that it is another one, before the launcher looks. */
const pretending = (version: string): string[] => [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'version',{value:'${version}'})`,
];

/** The launcher as it lies in a clone or in a package, with programs of ours for what it runs and for the Node beside it. */
const aPackage = async ({ node, written, compiled }: { node?: string; written?: string; compiled?: string } = {}) => {
  const folder = await aFolder();
  await mkdir(join(folder, 'src'));
  await cp(LAUNCHER, join(folder, 'src', 'launcher.js'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  if (written !== undefined) await writeFile(join(folder, 'src', 'main.ts'), written);
  if (compiled !== undefined) {
    await mkdir(join(folder, 'dist', 'src'), { recursive: true });
    await writeFile(join(folder, 'dist', 'src', 'main.js'), compiled);
  }
  if (node !== undefined) {
    await mkdir(join(folder, 'node_modules', 'node', 'bin'), { recursive: true });
    await writeFile(join(folder, 'node_modules', 'node', 'bin', 'node'), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
  }
  return join(folder, 'src', 'launcher.js');
};

test('the launcher is a script that needs no module syntax, and nothing newer than ES2015', () => {
  const text = readFileSync(LAUNCHER, 'utf8');
  expect(() => new Script(text.replace(/^#!.*/u, ''))).not.toThrow();
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/gu, '');
  expect(code).not.toMatch(/\basync\b|\bawait\b|\?\?|\?\.[^\d]|\.\.\.|\*\*|,\s*\)/u);
});

/** TypeScript, so that only a Node which reads it as it is runs it. */
const WRITTEN = `const said: string = 'written'; console.log(said, ...process.argv.slice(2));`;
const COMPILED = `console.log('compiled', ...process.argv.slice(2));`;

const run = (launcher: string, { version, argv = [] }: { version?: string; argv?: readonly string[] } = {}) => {
  const before = version === undefined ? [] : pretending(version);
  const { stderr, stdout, status } = spawnSync(process.execPath, [...before, launcher, ...argv], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return { stderr, stdout, status };
};

const kept = (launcher: string): string => join(dirname(launcher), '..', 'node_modules');

describe('a Node that is new enough', () => {
  test('runs main in place', () => {
    expect(run(LAUNCHER, { argv: ['--version'] })).toEqual({ stderr: '', stdout: '0.1.0\n', status: 0 });
  });

  test('runs what is written in a clone, and never what was compiled from it once', async () => {
    const launcher = await aPackage({ written: WRITTEN, compiled: COMPILED });
    expect(run(launcher, { argv: ['a b'] })).toEqual({ stderr: '', stdout: 'written a b\n', status: 0 });
  });

  test.each([undefined, 'v22.14.0', 'v23.0.0'])('runs what was compiled in a package (%s)', async (version) => {
    const launcher = await aPackage({ compiled: COMPILED });
    const ran = run(launcher, { argv: ['a b'], ...(version === undefined ? {} : { version }) });
    expect(ran).toEqual({ stderr: '', stdout: 'compiled a b\n', status: 0 });
  });

  test('keeps what it read of a clone inside that clone, and of a package nothing', async () => {
    const [clone, packed] = await Promise.all([aPackage({ written: WRITTEN }), aPackage({ compiled: COMPILED })]);
    for (const launcher of [clone, packed]) expect(run(launcher).status).toBe(0);
    expect(await readdir(join(kept(clone), '.cache', 'castellan'))).toHaveLength(1);
    expect(existsSync(kept(packed))).toBe(false);
  });

  test('runs by a link to it, as npm makes one', async () => {
    const launcher = await aPackage({ compiled: COMPILED });
    const link = join(await aFolder(), 'castellan');
    await symlink(launcher, link);
    expect(run(link)).toEqual({ stderr: '', stdout: 'compiled\n', status: 0 });
  });

  test('crashes where main is not there, and does not blame Node', async () => {
    const { stderr, status } = run(await aPackage());
    expect(status).toBe(1);
    expect(stderr).toContain('ERR_MODULE_NOT_FOUND');
  });
});

describe('a Node that is too old', () => {
  test.each(['v6.17.1', 'v18.20.8', 'v20.20.2', 'v22.13.1'])('%s alone gets one sentence and exit code 2', async (version) => {
    const packed = await aPackage({ compiled: COMPILED });
    const clone = await aPackage({ written: WRITTEN });
    expect([run(packed, { version, argv: ['demo'] }), run(clone, { version, argv: ['demo'] })]).toEqual([
      {
        stderr: `Castellan needs Node 22.14 or newer, and this is ${version}. Install a newer Node.\n`,
        stdout: '',
        status: 2,
      },
      {
        stderr: `Castellan needs Node 22.18 or newer, and this is ${version}. Install a newer Node, or run "npm ci" in its folder.\n`,
        stdout: '',
        status: 2,
      },
    ]);
  });

  test('v22.14.0 does not read a clone as it is written', async () => {
    const { stderr, stdout, status } = run(await aPackage({ written: WRITTEN, compiled: COMPILED }), { version: 'v22.14.0' });
    expect([stderr.split('.', 1), stdout, status]).toEqual([['Castellan needs Node 22'], '', 2]);
  });

  test('hands over to the Node beside the package: arguments, stdin, stdout, stderr and exit code', async () => {
    const launcher = await aPackage({ node: 'shift; echo "$@"; cat; echo aside >&2; exit 7' });
    const given = { input: 'typed\n', encoding: 'utf8' as const };
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...pretending('v20.0.0'), launcher, 'search', 'a b', '--json'],
      given,
    );
    expect({ stdout, stderr, status }).toEqual({ stdout: 'search a b --json\ntyped\n', stderr: 'aside\n', status: 7 });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('hands %s down', async (signal) => {
    const launcher = await aPackage({ node: 'trap "echo stopped; exit 130" INT TERM; echo ready; while :; do sleep 0.05; done' });
    const child = spawn(process.execPath, [...pretending('v20.0.0'), launcher], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (text) => {
      told += String(text);
    });
    await once(child.stdout, 'data');
    child.kill(signal);
    const [code] = await once(child, 'close');
    expect([told, code]).toEqual(['ready\nstopped\n', 130]);
  });

  test('tells when the program beside it was ended by a signal', async () => {
    const launcher = await aPackage({ node: 'kill -KILL $$' });
    expect(spawnSync(process.execPath, [...pretending('v20.0.0'), launcher]).status).toBe(128 + 9);
  });
});

test('may be run by its path: npm would else change the clone it installs', () => {
  expect(statSync(LAUNCHER).mode & 0o111).not.toBe(0);
});
