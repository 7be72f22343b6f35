import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

import type { Embedder } from '../core/embedder.ts';
import { AppError, type ErrorCode } from '../core/errors.ts';

/** What the thread is asked. */
export type Asked = { readonly type: 'embed'; readonly id: number; readonly text: string } | { readonly type: 'close' };

/** What the thread tells. */
export type Told =
  | { readonly type: 'open'; readonly fingerprint: string; readonly dimensions: number }
  | { readonly type: 'vector'; readonly id: number; readonly vector: Float32Array }
  | { readonly type: 'failed'; readonly id: number; readonly message: string; readonly code?: ErrorCode }
  | { readonly type: 'closed'; readonly message: string; readonly code?: ErrorCode };

/** Above one text and the release of the model; what takes longer hangs. */
const CLOSE_MS = 2000;

type Waiting = PromiseWithResolvers<Float32Array>;

/**
 * The embedded model in a thread of its own: the runtime computes in the thread that asks, tens of milliseconds
 * for one text, and meanwhile nothing else happens there.
 */
export const openLocalEmbedderThread = async ({ folder }: { folder?: string } = {}): Promise<Embedder> => {
  const extension = path.extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const worker = new Worker(new URL(`./embed.worker${extension}`, import.meta.url), {
    workerData: folder === undefined ? {} : { folder },
  });
  const opened = Promise.withResolvers<Extract<Told, { type: 'open' }>>();
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let ended = false;
  let closing = false;

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is not a window
  const ask = (message: Asked): void => worker.postMessage(message);
  const fail = (error: Error): void => {
    ended = true;
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (told: Told) => {
    if (told.type === 'open') opened.resolve(told);
    else if (told.type === 'closed') fail(errorOf(told));
    else {
      const one = waiting.get(told.id);
      waiting.delete(told.id);
      if (told.type === 'vector') one?.resolve(told.vector);
      else one?.reject(errorOf(told));
      if (waiting.size === 0 && !closing) worker.unref(); // an idle model keeps no process alive
    }
  });
  worker.on('error', (cause) => fail(stopped(cause)));
  worker.on('exit', () => fail(stopped()));

  const { fingerprint, dimensions } = await opened.promise;
  worker.unref();
  return {
    fingerprint,
    dimensions,
    embed: async (text) => {
      if (ended || closing) throw stopped();
      const one: Waiting = Promise.withResolvers();
      const id = asked++;
      waiting.set(id, one);
      worker.ref();
      ask({ type: 'embed', id, text });
      return one.promise;
    },
    close: async () => {
      if (ended) return;
      closing = true;
      worker.ref();
      const exited = once(worker, 'exit');
      ask({ type: 'close' });
      const stuck = setTimeout(() => {
        void worker.terminate();
        worker.unref(); // it may not hear that either
      }, CLOSE_MS);
      await exited;
      clearTimeout(stuck);
    },
  };
};

const errorOf = ({ message, code }: { readonly message: string; readonly code?: ErrorCode }): Error =>
  code === undefined ? new Error(message) : new AppError(code, message);

const stopped = (cause?: unknown): AppError =>
  new AppError('unavailable', 'The embedded model has stopped. What waits for it is found by words; run the command again.', {
    cause,
  });
