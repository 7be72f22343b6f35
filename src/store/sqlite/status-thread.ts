import { extname } from 'node:path';

import { openThread } from '../../thread/thread.ts';
import type { SourceStatus, Store } from '../store.ts';

/** What the thread starts with. */
export interface StatusWorkerData {
  readonly path: string;
}

/** Which sources, and whose groups `org:` names. */
export interface StatusQuestion {
  readonly sources: readonly string[];
  readonly directory?: string;
}

/** Counting takes as long as there are documents. */
const DEADLINE_MS = 30_000;

/** Says how sources stand, from a thread of its own: it starts with the first question. */
export const openStatusThread = ({ path }: StatusWorkerData): Pick<Store, 'status' | 'close'> => {
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const thread = openThread<StatusQuestion, readonly SourceStatus[], StatusWorkerData>({
    name: 'status',
    url: new URL(`status.worker${extension}`, import.meta.url),
    given: { path },
    deadlineMs: DEADLINE_MS,
  });
  return {
    status: (sources, directory) =>
      thread.ask({ sources, ...(directory === undefined ? {} : { directory }) }, new AbortController().signal),
    close: () => thread.close(),
  };
};
