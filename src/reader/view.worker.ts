import { workerData } from 'node:worker_threads';

import { createEngine } from '../access/engine/engine.ts';
import { isDamage, openReader } from '../store/sqlite/reader.ts';
import { answerQuestions } from '../thread/answering.ts';
import { type AnswerQuestion, createAnswer } from './answer.ts';
import { keepUp } from './keep-up.ts';
import type { Answer, Question, ViewWorkerData } from './question.ts';

/** The composition root of a thread that answers questions. */
const { indexPath, rules }: ViewWorkerData = workerData;

let answer: AnswerQuestion | undefined;

const open = (): AnswerQuestion => {
  const reader = openReader(indexPath);
  const engine = createEngine(rules);
  keepUp(reader, engine);
  return createAnswer({ reader, rules, engine });
};

answerQuestions<Question, Answer>((question) => {
  try {
    answer ??= open();
    return answer(question);
  } catch (error) {
    if (isDamage(error)) return { kind: 'damaged', message: error.message };
    throw error;
  }
});
