import { extname } from 'node:path';

import type { Delivered } from '../../core/hook.ts';
import { openThread } from '../../thread/thread.ts';
import type { Store } from '../store.ts';

/** What the thread starts with. */
export interface RingWorkerData {
  readonly path: string;
}

/** Deliveries of a source, and when they came: ms since 1970. */
export interface RingQuestion {
  readonly source: string;
  readonly delivered: readonly Delivered[];
  readonly now: number;
}

/** A commit of another process is waited for, and then it takes milliseconds. */
const DEADLINE_MS = 15_000;

/** Takes what sources deliver, in a thread of its own: no answer waits for its commit. It starts with the first delivery. */
export const openRingThread = ({ path }: RingWorkerData): Pick<Store, 'ring' | 'close'> => {
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const thread = openThread<RingQuestion, boolean, RingWorkerData>({
    name: 'hook',
    url: new URL(`ring.worker${extension}`, import.meta.url),
    given: { path },
    deadlineMs: DEADLINE_MS,
  });
  return {
    ring: (source, delivered, now) => thread.ask({ source, delivered, now }, new AbortController().signal),
    close: () => thread.close(),
  };
};
