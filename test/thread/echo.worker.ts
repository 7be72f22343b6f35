import { parentPort } from 'node:worker_threads';

import type { AppError } from '../../src/core/errors.ts';
import type { Reply } from '../../src/thread/thread.ts';

/** What the thread of these tests is told to do. */
export type Order = 'answer' | 'hang' | 'spin' | 'exit' | 'throw' | 'fail' | 'bug';

let answered = 0;

const port = parentPort;
if (!port) throw new Error('echo.worker.ts runs in a thread');

const reply = (said: Reply<number>): void => port.postMessage(said);
const failure: { code: AppError['code']; message: string } = { code: 'unavailable', message: 'Not today.' };

port.on('message', (order: Order) => {
  switch (order) {
    case 'hang':
      return;
    case 'spin':
      for (;;);
    case 'exit':
      process.exit(0);
    case 'throw':
      throw new Error('thrown in the thread');
    case 'fail':
      return reply({ failure });
    case 'bug':
      return reply({ bug: 'Error: a bug' });
    default:
      answered += 1;
      return reply({ answer: answered });
  }
});
