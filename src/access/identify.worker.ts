import { workerData } from 'node:worker_threads';

import { openStore } from '../store/sqlite/index-store.ts';
import type { Store } from '../store/store.ts';
import { answerQuestions } from '../thread/answering.ts';
import type { Answer, IdentifyWorkerData, Question } from './identify-thread.ts';
import { record, recognise } from './recognise.ts';

/** The composition root of a thread that knows who somebody is. */
const { indexPath, rules, busyMs }: IdentifyWorkerData = workerData;

let opened: Store | undefined;
let clock = 0;

answerQuestions<Question, Answer>(async (question) => {
  opened ??= await openStore({ path: indexPath, now: () => clock, busyMs }); // one that cannot be opened now may be later
  const store = opened;
  if (question.kind === 'open') return { due: false };
  clock = question.now;
  if (question.kind === 'look') return recognise(store, question, rules);
  await record(store, question, rules);
  return { due: false };
});
