import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import { AppError } from '../core/errors.ts';

/** Nobody types or pastes more, in characters. */
const LENGTH_MAX = 32_768;

/** A stream somebody types or pipes into. */
export type Typed = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

interface TypedLineOptions {
  readonly signal: AbortSignal;
  /** Hears the line as it grows. */
  readonly shows?: (line: string) => void;
}

/** The next line, keystroke by keystroke or in pieces; undefined where all ended before it began. What is behind it is left aside. */
export const typedLine = async (
  stdin: Typed,
  { signal, shows = () => undefined }: TypedLineOptions,
): Promise<string | undefined> => {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  let line = '';
  const take = (piece: string): void => {
    for (const character of piece) {
      if (character === INTERRUPT) interrupt();
      else if (ENDS.has(character)) return resolve(line);
      else line = ERASES.has(character) ? line.slice(0, -1) : line + character;
    }
    if (line.length > LENGTH_MAX)
      reject(new AppError('too_large', `That is longer than ${LENGTH_MAX} characters. Paste one line.`));
    shows(line);
  };
  const end = (): void => resolve(line === '' ? undefined : line);
  const leave = (): void => reject(signal.reason);
  stdin.setEncoding('utf8');
  stdin.on('data', take);
  stdin.once('end', end);
  stdin.once('error', reject);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  if (stdin.readableEnded || stdin.destroyed) end();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', leave);
    stdin.off('data', take).off('end', end).off('error', reject);
  }
};

/** Drops what comes, until nothing has for `quietMs`; false where it never stops. */
export const dropTyped = async (
  stdin: Typed,
  { signal, quietMs, tries }: { readonly signal: AbortSignal; readonly quietMs: number; readonly tries: number },
): Promise<boolean> => {
  let heard = false;
  const drop = (piece: string): void => {
    heard = true;
    if (piece.includes(INTERRUPT)) interrupt();
  };
  stdin.setEncoding('utf8');
  stdin.on('data', drop);
  try {
    for (let tried = 0; tried < tries; tried += 1) {
      heard = false;
      await pause(quietMs, undefined, { signal });
      if (!heard) return true;
    }
    return false;
  } finally {
    stdin.off('data', drop);
  }
};

/** In raw mode the terminal itself stops nobody. */
const interrupt = (): void => void process.kill(process.pid, 'SIGINT');

/** What a terminal in raw mode sends for Ctrl-C, for the end of a line or of all (Ctrl-D), and for backspace. */
const INTERRUPT = '\u0003';
const ENDS: ReadonlySet<string> = new Set(['\n', '\r', '\u0004']);
const ERASES: ReadonlySet<string> = new Set(['\u007f', '\u0008']);
