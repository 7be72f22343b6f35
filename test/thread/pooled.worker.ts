import { threadId } from 'node:worker_threads';

import { AppError } from '../../src/core/errors.ts';
import { answerQuestions } from '../../src/thread/answering.ts';

/** What a thread of a pool is told: what to do, and what to say of it. */
export interface Order {
  readonly work: 'answer' | 'wait' | 'spin' | 'exit' | 'fail';
  readonly say: string;
  /** Where to wait until somebody notifies. */
  readonly at?: SharedArrayBuffer;
}

export interface Said {
  readonly say: string;
  readonly thread: number;
}

answerQuestions<Order, Said>(({ work, say, at }) => {
  if (work === 'spin') for (;;);
  if (work === 'exit') process.exit(0);
  if (work === 'fail') throw new AppError('unavailable', 'Not today.');
  if (work === 'wait' && at) Atomics.wait(new Int32Array(at), 0, 0);
  return { say, thread: threadId };
});
