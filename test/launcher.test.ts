import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The launcher as it lies in a package, with a program of ours for the Node beside it. */
const aPackage = async ({ node }: { readonly node?: string } = {}): Promise<string> => {
  const folder = await aFolder();
  await mkdir(join(folder, 'src'));
  await cp(LAUNCHER, join(folder, 'src', 'launcher.js'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
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

test('a Node that is new enough runs main in place', () => {
  const { stdout, status } = spawnSync(process.execPath, [LAUNCHER, '--version'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, '0.1.0\n']);
});

describe('a Node that is too old', () => {
  test.each(['v6.17.1', 'v18.20.8', 'v20.20.2', 'v22.13.1'])('%s alone gets one sentence and exit code 2', async (version) => {
    const launcher = await aPackage();
    const { stderr, stdout, status } = spawnSync(process.execPath, [...pretending(version), launcher, 'demo'], {
      encoding: 'utf8',
    });
    expect({ stderr, stdout, status }).toEqual({
      stderr: `Castellan needs Node 22.18 or newer, and this is ${version}. Install a newer Node, or run "npm ci" in its folder.\n`,
      stdout: '',
      status: 2,
    });
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
