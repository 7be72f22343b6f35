import { isDeepStrictEqual } from 'node:util';

import { AppError } from '../core/errors.ts';
import { type Bell, pause } from './bell.ts';

/** Between looks at whether a run has moved the cursor, in ms. */
const LOOK = 100;
/** After a source that could not be asked, in ms; doubled with each further time, up to the most. */
const RETRY = 1_000;
const RETRY_MOST = 60_000;

/** A source that can tell when it has something new. */
export interface Telling {
  readonly bell: Pick<Bell, 'ring'>;
  /** Of the last committed checkpoint; undefined while there is none. */
  readonly cursor: () => Promise<unknown>;
  /** Resolves as soon as the source may hold something that this cursor has not seen. */
  readonly awaitChange: (cursor: unknown, signal: AbortSignal) => Promise<void>;
  /** Hears once of a source that cannot be asked. */
  readonly tell: (what: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Rings whenever the source has something new, until `signal` aborts. Once for each cursor: a run that fails and leaves it where it
 * was is repeated by whoever follows the source, who knows how patient to be.
 */
export const ringOnChange = async ({ bell, cursor, awaitChange, tell, signal }: Telling): Promise<void> => {
  let rungFor: unknown;
  let failures = 0;
  while (!signal.aborted) {
    const at = await cursor();
    if (at === undefined || isDeepStrictEqual(at, rungFor)) {
      await pause(LOOK, signal);
      continue;
    }
    try {
      await awaitChange(at, signal);
      rungFor = at;
      failures = 0;
      bell.ring();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AppError)) throw error;
      if (failures === 0) tell(error.message);
      failures += 1;
      await pause(Math.min(RETRY * 2 ** (failures - 1), RETRY_MOST), signal);
    }
  }
};
