import { workerData } from 'node:worker_threads';

import { openStore } from '../store/sqlite/index-store.ts';
import type { Store } from '../store/store.ts';
import { answerQuestions } from '../thread/answering.ts';
import type { Answer, IdentifyWorkerData, Question } from './identify-thread.ts';
import { linkByEmail, linksDue } from './link.ts';

/** The composition root of a thread that knows who somebody is. */
const { indexPath, rules, busyMs }: IdentifyWorkerData = workerData;

let opened: Promise<Store> | undefined;
let clock = 0;

answerQuestions<Question, Answer>(async (question) => {
  const store = await (opened ??= openStore({ path: indexPath, now: () => clock, busyMs }));
  if (question.kind === 'open') return { due: false };
  const { kind, identity: given, recalled, now } = question;
  clock = now;
  const { identity, due } = await store.known(given, now);
  const as = recalled ? identity : given;
  if (kind === 'look') return { identity: as, due: due || (await linksDue(store, as, rules, now)).length > 0 };
  await store.identify(given, now);
  await linkByEmail(store, as, rules, now);
  return { identity: as, due: false };
});
