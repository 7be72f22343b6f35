import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './source-tree.ts';

/** What starts the program, before the command's name. */
export const LAUNCHER = join(ROOT, 'src', 'launcher.js');

/** How one run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another user, where this one may become it. */
  readonly uid?: number;
  /** What is typed, if anything. */
  readonly input?: string;
}

/** Runs the program as a person would, and waits for its end. */
export const castellan = async (argv: readonly string[], { cwd, env = {}, uid, input }: CommandOptions = {}): Promise<Ended> => {
  const child = spawn(process.execPath, [LAUNCHER, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...environment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  child.stdin.on('error', () => undefined).end(input); // a program that reads nothing may have ended
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, stdout, stderr };
};

/** What the program finds around it: nothing of ours, and its own modules compiled once a test file. */
export const environment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: compiled(),
});

let cache: string | undefined;
const compiled = (): string => {
  if (cache !== undefined) return cache;
  const folder = mkdtempSync(join(tmpdir(), 'castellan-compiled-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  cache = folder;
  return folder;
};
