import type { Readable } from 'node:stream';

import { AppError } from '../core/errors.ts';
import type { Channel } from './terminal.ts';

/** Nobody pastes more, in characters. */
const LENGTH_MAX = 32_768;

/** A stream somebody types or pipes into. */
type Typed = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

export interface AskOptions {
  readonly stdin: Typed;
  readonly err: Channel;
  readonly signal: AbortSignal;
}

/** One line from whoever sits there or pipes it in. What is typed is not shown, and no history keeps it. */
export const askSecret = async (question: string, { stdin, err, signal }: AskOptions): Promise<string> => {
  const typed = stdin.isTTY === true;
  if (typed) err.line(question);
  stdin.setEncoding('utf8');
  if (typed) stdin.setRawMode?.(true);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let line = '';
  const take = (piece: string): void => {
    for (const character of piece) {
      if (character === INTERRUPT) process.kill(process.pid, 'SIGINT'); // in raw mode the terminal itself stops nobody
      else if (ENDS.has(character)) return resolve(line);
      else line = ERASES.has(character) ? line.slice(0, -1) : line + character;
    }
    if (line.length > LENGTH_MAX)
      reject(new AppError('too_large', `That is longer than ${LENGTH_MAX} characters. Paste one line.`));
  };
  const leave = (): void => reject(signal.reason);
  stdin.on('data', take);
  stdin.once('end', () => resolve(line));
  stdin.once('error', reject);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', leave);
    if (typed) stdin.setRawMode?.(false);
    stdin.destroy(); // to listen on would keep the process
  }
};

/** What a terminal in raw mode sends for Ctrl-C, for the end of a line or of all (Ctrl-D), and for backspace. */
const INTERRUPT = '\u0003';
const ENDS: ReadonlySet<string> = new Set(['\n', '\r', '\u0004']);
const ERASES: ReadonlySet<string> = new Set(['\u007f', '\u0008']);
