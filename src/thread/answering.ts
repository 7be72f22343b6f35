import { parentPort } from 'node:worker_threads';

import { AppError } from '../core/errors.ts';
import type { Reply } from './thread.ts';

/** In a thread: replies exactly once to every question, in the order they came. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says what the owner of the thread asks and hears
export const answerQuestions = <Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void => {
  const port = parentPort;
  if (!port) throw new Error('This runs in a thread.');
  const say = async (question: Question, before: Promise<void>): Promise<void> => {
    await before;
    const reply = await replyTo(question, answer);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is not a window
    port.postMessage(reply);
  };
  let last = Promise.resolve();
  port.on('message', (question: Question) => {
    last = say(question, last);
  });
};

const replyTo = async <Question, Answer>(
  question: Question,
  answer: (question: Question) => Answer | Promise<Answer>,
): Promise<Reply<Answer>> => {
  try {
    return { answer: await answer(question) };
  } catch (error) {
    if (error instanceof AppError) return { failure: { code: error.code, message: error.message } };
    return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};
