import { Worker } from 'node:worker_threads';

import { AppError, type ErrorCode } from '../core/errors.ts';

/** What a thread says to one question. */
export type Reply<Answer> =
  | { readonly answer: Answer }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } }
  /** Not foreseen: the stack, for whoever keeps the process. */
  | { readonly bug: string };

/** A thread that answers one question after the other. An answer is whole or an error. */
export interface Thread<Question, Answer> {
  /** `deadlineMs` where a part of the time has passed before. */
  ask(question: Question, signal: AbortSignal, deadlineMs?: number): Promise<Answer>;
  close(): Promise<void>;
}

/** How a thread is opened. */
export interface ThreadOptions<Given> {
  /** What its messages call it: "search". */
  readonly name: string;
  /** The module that runs there: see `answering.ts`. */
  readonly url: URL;
  /** Its `workerData`. */
  readonly given: Given;
  /** From the question to its answer, waiting included. */
  readonly deadlineMs: number;
}

/** More questions than this are not answered before their deadline anyway. */
const WAITING_MAX = 1000;

/** Opens a thread when the first question comes, and another one whenever it died or was given up. */
export const openThread = <Question, Answer, Given>(options: ThreadOptions<Given>): Thread<Question, Answer> => {
  const { name, url, given } = options;
  const waiting = new Set<Task<Question, Answer>>();
  let running: Task<Question, Answer> | undefined;
  let worker: Worker | undefined;
  let closed = false;

  const next = (): void => {
    const [task] = waiting;
    if (running || !task) return;
    waiting.delete(task);
    running = task;
    worker ??= start();
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is not a window
      worker.postMessage(task.question);
    } catch (error) {
      task.fail(toError(error)); // it cannot be copied: the thread never heard of it
      free();
    }
  };

  /** Frees the thread, or the place it had, for the next question. */
  const free = (): void => {
    clearTimeout(running?.timer);
    running = undefined;
    next();
  };

  const start = (): Worker => {
    const thread = new Worker(url, { workerData: given });
    let cause: unknown;
    thread.on('message', (reply: Reply<Answer>) => {
      if (worker !== thread) return;
      if (running) settle(running, reply);
      free();
    });
    thread.on('messageerror', (error) => {
      cause = error;
      void thread.terminate();
    });
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', () => {
      if (worker !== thread) return;
      worker = undefined;
      running?.fail(unavailable(`The ${name} thread died. Try again.`, cause));
      free();
    });
    return thread;
  };

  const giveUp = (task: Task<Question, Answer>): void => {
    task.fail(unavailable(`This was not answered within ${options.deadlineMs / 1000} s. Try again, or ask for less.`));
    waiting.delete(task);
    if (task !== running) return;
    void worker?.terminate(); // nobody else waits behind a question without an end
    worker = undefined;
    free();
  };

  return {
    ask: async (question, signal, deadlineMs = options.deadlineMs) => {
      if (closed) throw unavailable('Castellan is shutting down.');
      if (signal.aborted) throw cancelled(signal);
      if (waiting.size >= WAITING_MAX) throw unavailable('Too many questions are waiting. Try again in a moment.');
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const task: Task<Question, Answer> = {
        question,
        finish: resolve,
        fail: reject,
        timer: setTimeout(() => giveUp(task), deadlineMs),
      };
      const abort = (): void => {
        waiting.delete(task);
        reject(cancelled(signal));
      };
      signal.addEventListener('abort', abort, { once: true });
      waiting.add(task);
      next();
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', abort);
        if (task !== running) clearTimeout(task.timer); // a cancelled one that still runs keeps its deadline
      }
    },
    close: async () => {
      closed = true;
      for (const task of [...waiting, ...(running ? [running] : [])]) task.fail(unavailable('Castellan is shutting down.'));
      waiting.clear();
      const last = worker;
      worker = undefined;
      free();
      await last?.terminate();
    },
  };
};

interface Task<Question, Answer> {
  readonly question: Question;
  finish(answer: Answer): void;
  fail(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

const settle = <Answer>({ finish, fail }: Pick<Task<unknown, Answer>, 'finish' | 'fail'>, reply: Reply<Answer>): void => {
  if ('answer' in reply) finish(reply.answer);
  else if ('failure' in reply) fail(new AppError(reply.failure.code, reply.failure.message));
  else fail(new Error(reply.bug));
};

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const unavailable = (message: string, cause?: unknown): AppError => new AppError('unavailable', message, { cause });

const cancelled = ({ reason }: AbortSignal): AppError => unavailable('The request was cancelled before it was answered.', reason);
