import { workerData } from 'node:worker_threads';

import { answerQuestions } from '../../thread/answering.ts';
import type { SourceStatus, Store } from '../store.ts';
import { openStore } from './index-store.ts';
import type { StatusQuestion, StatusWorkerData } from './status-thread.ts';

/** The composition root of a thread that counts. */
const { path }: StatusWorkerData = workerData;

let opened: Store | undefined;

answerQuestions<StatusQuestion, readonly SourceStatus[]>(async ({ sources, directory }) => {
  opened ??= await openStore({ path, now: () => 0 }); // one that cannot be opened now may be later
  return opened.status(sources, directory);
});
