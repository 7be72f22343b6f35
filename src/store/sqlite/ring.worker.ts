import { workerData } from 'node:worker_threads';

import { answerQuestions } from '../../thread/answering.ts';
import type { Store } from '../store.ts';
import { openStore } from './index-store.ts';
import type { RingAnswer, RingQuestion, RingWorkerData } from './ring-thread.ts';

/** The composition root of a thread that takes what sources deliver. */
const { path }: RingWorkerData = workerData;

let opened: Store | undefined;

answerQuestions<RingQuestion, RingAnswer>(async ({ source, delivered, now }) => {
  opened ??= await openStore({ path, now: () => now }); // one that cannot be opened now may be later
  if (delivered) return { rings: await opened.ring(source, delivered, now) };
  const latest = await opened.latestRun(source);
  return latest ? { latest } : {};
});
