import { AppError } from '../core/errors.ts';

/** Ends a run in which nothing happens any more, however long the others may take. */
export interface Watchdog {
  /** Aborts once nothing has happened for too long. */
  readonly signal: AbortSignal;
  /** Something happened. */
  readonly alive: () => void;
  close(): void;
}

/** Watches over a run of `source`: `within` ms may pass without anything that is told to `alive`. */
export const createWatchdog = (source: string, within: number): Watchdog => {
  const over = new AbortController();
  let quiet = 0; // looks since something happened
  // Looked at in parts, so that to be told of each change costs nothing, and a machine that slept is not taken for a run that hangs.
  const timer = setInterval(() => {
    quiet += 1;
    if (quiet < LOOKS) return;
    clearInterval(timer);
    over.abort(
      new AppError(
        'source_unavailable',
        `${source} has said nothing for ${Math.round(within / 60_000)} minutes, so its run was given up; what it had brought is kept. ` +
          `It is read again by the next run, or now: castellan sync ${source}`,
      ),
    );
  }, within / LOOKS);
  return {
    signal: over.signal,
    alive: () => {
      quiet = 0;
    },
    close: () => clearInterval(timer),
  };
};

const LOOKS = 10;
