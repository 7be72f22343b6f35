import { setTimeout } from 'node:timers/promises';

import type { LatestRun, Store } from '../store/store.ts';

/** Between two looks, in ms. */
const LOOK_MS = 200;

export interface ReadSinceOptions {
  readonly latestRun: Store['latestRun'];
  /** How long a run is waited for, in ms; 0: nobody reads the source, so one look says it. */
  readonly patienceMs: number;
}

/** Makes the question whether a source was read whole by a run that began after a time, in ms since 1970. */
export const readSince =
  ({ latestRun, patienceMs }: ReadSinceOptions) =>
  async (source: string, since: number, signal: AbortSignal): Promise<boolean> => {
    const until = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    for (let last = false; ;) {
      if (hasRead(await latestRun(source), since)) return true;
      if (last || patienceMs === 0) return false;
      await setTimeout(LOOK_MS, undefined, { signal: until }).catch(() => undefined);
      last = until.aborted;
    }
  };

/** What began before may have passed by; what brought permissions alone read no text; what ended halfway may not have come to it. */
const hasRead = (latest: LatestRun | undefined, since: number): boolean =>
  latest?.status === 'complete' && latest.alone === undefined && latest.startedAt > since;
