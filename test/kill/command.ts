import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { environment } from '../support/a-command.ts';
import type { Place } from './place.ts';

/** How a command that was meant to be hurt ended. */
export interface Hurt {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the process said of its own death. */
  readonly told: string;
}

/** No command here runs longer by far: one that hangs is a failure. */
const DEADLINE_MS = 120_000;

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** A program of this folder that runs a command line in its own way. */
export const by = (file: 'killed-process.ts', ...args: readonly string[]): readonly string[] => [
  process.execPath,
  join(import.meta.dirname, file),
  ...args,
];

/** The command line, on a disk that has room for so many more pages of one database. */
export const withRoomFor = (pages: number, file: 'index.db' | 'ledger.db'): readonly string[] => [
  'env',
  `FULL_DISK=${file} ${pages}`,
  process.execPath,
  '--import',
  join(import.meta.dirname, 'full-disk-process.ts'),
  MAIN,
];

/** The command line, in a process that may write no file beyond so many KiB: a write that crosses that is cut, and the next refused. */
export const withFilesUpTo = (kib: number): readonly string[] => [
  'sh',
  '-c',
  `ulimit -f ${kib * 2}; exec "$@"`, // counted in blocks of 512 bytes
  'sh',
  process.execPath,
  MAIN,
];

/** Runs a command on a place through such a program. */
export const run = async (place: Place, [program = '', ...args]: readonly string[], words: readonly string[]): Promise<Hurt> => {
  const child = spawn(program, [...args, ...words, '--json', '--config', place.config, '--data', place.data], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: environment(),
    timeout: DEADLINE_MS,
  });
  const said = ['', '', ''];
  for (const [at, stream] of [child.stdout, child.stderr, child.stdio[3]].entries()) {
    stream?.on('data', (bytes: Buffer) => (said[at] += bytes.toString()));
  }
  const [code, signal]: unknown[] = await once(child, 'close');
  const [stdout = '', stderr = '', told = ''] = said;
  return {
    code: typeof code === 'number' ? code : null,
    signal: typeof signal === 'string' ? signal : null,
    stdout,
    stderr,
    told,
  };
};
