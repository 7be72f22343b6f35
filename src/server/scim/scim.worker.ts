import { workerData } from 'node:worker_threads';

import { accountOf, groupOf } from '../../../connectors/scim/map.ts';
import { openPushedStore } from '../../store/sqlite/pushed-store.ts';
import { answerQuestions } from '../../thread/answering.ts';
import { createAsking, type ScimAnswer, type ScimQuestion } from './asking.ts';
import { express, type Meaning } from './directory.ts';
import type { ScimWorkerData } from './scim-thread.ts';

/** The composition root of the thread that holds what was pushed. */
const { indexPath: path, source, connector, base, patienceMs }: ScimWorkerData = workerData;

const meaning: Meaning = { accountOf, groupOf };

answerQuestions<ScimQuestion, ScimAnswer>(
  createAsking({
    open: (now) =>
      openPushedStore({ path, source, connector, now, express: (change, pushed) => express(change, meaning, pushed) }),
    meaning,
    base,
    patienceMs,
  }),
);
