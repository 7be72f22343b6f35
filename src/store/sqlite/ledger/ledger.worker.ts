import { randomBytes } from 'node:crypto';
import { workerData } from 'node:worker_threads';

import { answerQuestions } from '../../../thread/answering.ts';
import { unreachable } from '../../../core/errors.ts';
import { type Chain, openChain } from './ledger.ts';
import type { Answer, LedgerWorkerData, Question } from './ledger-thread.ts';

/** The composition root of a thread that keeps the audit chain. */
const { path, keys }: LedgerWorkerData = workerData;

let opened: Chain | undefined;

answerQuestions<Question, Answer>(async (question) => {
  opened ??= openChain({ path, keys, random: randomBytes });
  switch (question.kind) {
    case 'open':
      return { kind: 'open' };
    case 'append':
      return { kind: 'append', written: opened.append(question.events, question.written) };
    case 'anchor':
      return { kind: 'anchor', line: opened.anchor(question.now, question.written) };
    case 'list':
      return { kind: 'list', rows: opened.list(question.limit, question.before) };
    case 'verify':
      return { kind: 'verify', verified: await opened.verify(question.anchors) };
    default:
      return unreachable(question);
  }
});
