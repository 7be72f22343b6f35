import { Worker } from 'node:worker_threads';

import { AppError, type ErrorCode } from '../core/errors.ts';
import { guardIn, guardMemory } from './guard.ts';

/** What a thread says to one question. */
export type Reply<Answer> =
  | { readonly answer: Answer }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } }
  /** Not foreseen: the stack, for whoever keeps the process. */
  | { readonly bug: string };

/** A thread that answers one question after the other. An answer is whole or an error. */
export interface Thread<Question, Answer> {
  ask(question: Question, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** What the module of a thread finds as its `workerData`. */
export interface ThreadData<Given> {
  readonly given: Given;
  /** The memory of its guard. */
  readonly guard: SharedArrayBuffer;
}

/** How a thread is opened. */
export interface ThreadOptions<Given> {
  /** The module that runs there: it replies exactly once to every message. */
  readonly url: URL;
  readonly given: Given;
  /** From the question to its answer, waiting included. */
  readonly deadlineMs: number;
}

/** More questions than this are not answered before their deadline anyway. */
const WAITING_MAX = 1000;

/** Opens a thread when the first question comes, and another one whenever it died or was given up. */
export const openThread = <Question, Answer, Given>(options: ThreadOptions<Given>): Thread<Question, Answer> => {
  const { url, given, deadlineMs } = options;
  const waiting = new Set<Task<Question, Answer>>();
  let running: Task<Question, Answer> | undefined;
  let worker: Started | undefined;
  let closed = false;

  const next = (): void => {
    const [task] = waiting;
    if (running || !task) return;
    waiting.delete(task);
    running = task;
    worker ??= start();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is not a window
    worker.thread.postMessage(task.question);
  };

  /** Frees the thread, or the place it had, for the next question. */
  const free = (): void => {
    clearTimeout(running?.timer);
    running = undefined;
    next();
  };

  const start = (): Started => {
    const guard = guardMemory();
    const workerData: ThreadData<Given> = { given, guard };
    const thread = new Worker(url, { workerData });
    const started: Started = {
      thread,
      end: async () => {
        await guardIn(guard).seize();
        await thread.terminate();
      },
    };
    let cause: unknown;
    thread.on('message', (reply: Reply<Answer>) => {
      if (worker !== started) return;
      if (running) settle(running, reply);
      free();
    });
    thread.on('messageerror', (error) => {
      cause = error;
      void started.end();
    });
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', () => {
      if (worker !== started) return;
      worker = undefined;
      running?.fail(unavailable('The search thread died. Try again.', cause));
      free();
    });
    return started;
  };

  const giveUp = (task: Task<Question, Answer>): void => {
    task.fail(unavailable(`This was not answered within ${deadlineMs / 1000} s. Try again, or ask for less.`));
    waiting.delete(task);
    if (task !== running) return;
    void worker?.end(); // nobody else waits behind a question without an end
    worker = undefined;
    free();
  };

  return {
    ask: async (question, signal) => {
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
      await last?.end();
    },
  };
};

/** A thread, and how to end it without taking the process along. */
interface Started {
  readonly thread: Worker;
  end(): Promise<void>;
}

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

const unavailable = (message: string, cause?: unknown): AppError => new AppError('unavailable', message, { cause });

const cancelled = ({ reason }: AbortSignal): AppError => unavailable('The request was cancelled before it was answered.', reason);
