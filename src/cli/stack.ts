import { type Channel, look } from './terminal.ts';

/** An error caused by more than these is told no further. */
const CAUSES_MAX = 5;

/** Prints where an error came from, and what caused it: for `--verbose`. */
export const printStack = (channel: Channel, error: unknown): void => {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < CAUSES_MAX; depth += 1) {
    const stack = cause.stack ?? cause.message;
    for (const line of `${depth > 0 ? 'Caused by ' : ''}${stack}`.split('\n')) channel.line(look('dim', line));
    cause = cause.cause;
  }
};
