import { workerData } from 'node:worker_threads';

import { isDamage, openReader } from '../store/sqlite/reader.ts';
import { answerQuestions } from '../thread/answering.ts';
import { type AnswerQuestion, createAnswer } from './answer.ts';
import type { Answer, Question, ViewWorkerData } from './question.ts';

/** The composition root of a thread that answers questions. */
const { indexPath, rules }: ViewWorkerData = workerData;

let answer: AnswerQuestion | undefined;

answerQuestions<Question, Answer>((question) => {
  try {
    answer ??= createAnswer({ reader: openReader(indexPath), rules });
    return answer(question);
  } catch (error) {
    if (isDamage(error)) return { kind: 'damaged', message: error.message };
    throw error;
  }
});
