import { extname } from 'node:path';

import type { Delivered } from '../../core/hook.ts';
import { openThread } from '../../thread/thread.ts';
import type { LatestRun, Store } from '../store.ts';

/** What the thread starts with. */
export interface RingWorkerData {
  readonly path: string;
}

/** Deliveries of a source and when they came, ms since 1970; or, without any, which run of it is the newest. */
export interface RingQuestion {
  readonly source: string;
  readonly delivered?: readonly Delivered[];
  readonly now: number;
}

/** What `ring` or `latestRun` of a store gives. */
export interface RingAnswer {
  readonly rings?: boolean;
  readonly latest?: LatestRun;
}

/** A commit of another process is waited for, and then it takes milliseconds. */
const DEADLINE_MS = 15_000;

/** Takes what sources deliver, in a thread of its own: no answer waits for its commit. It starts with the first delivery. */
export const openRingThread = ({ path }: RingWorkerData): Pick<Store, 'ring' | 'latestRun' | 'close'> => {
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const thread = openThread<RingQuestion, RingAnswer, RingWorkerData>({
    name: 'hook',
    url: new URL(`ring.worker${extension}`, import.meta.url),
    given: { path },
    deadlineMs: DEADLINE_MS,
  });
  const ask = (question: RingQuestion): Promise<RingAnswer> => thread.ask(question, new AbortController().signal);
  return {
    ring: async (source, delivered, now) => (await ask({ source, delivered, now })).rings === true,
    latestRun: async (source) => (await ask({ source, now: 0 })).latest,
    close: () => thread.close(),
  };
};
