import { AppError } from '../core/errors.ts';

/** In characters of text and of arguments: more than anybody reads, or any tool takes. */
const LENGTH_MAX = 1_000_000;
/** In ms: longer than any answer should take, and as long as the token that it is asked with lives. */
const WHOLE_MS = 600_000;

/** What one answer may take of time and length, whoever writes it. */
export interface Bounds {
  /** Aborts when the person stops it, and when the time is over. */
  readonly signal: AbortSignal;
  /** Counts what came. */
  add(characters: number): void;
  /** Why no more of it is read; undefined while it may go on. */
  over(): AppError | undefined;
  [Symbol.dispose](): void;
}

/** For one request. */
export const createBounds = (signal: AbortSignal | undefined, wholeMs: number = WHOLE_MS): Bounds => {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), wholeMs);
  let length = 0;
  return {
    signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    add: (characters) => {
      length += characters;
    },
    over: () => {
      if (length > LENGTH_MAX) return tooMuch('it became longer than anybody reads. Ask for something shorter.');
      return late.signal.aborted ? tooMuch(`it took longer than ${Math.ceil(wholeMs / 60_000)} minutes. Ask again.`) : undefined;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
};

const tooMuch = (why: string): AppError => new AppError('too_large', `The answer is incomplete: ${why}`);
