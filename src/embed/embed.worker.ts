import { parentPort, workerData } from 'node:worker_threads';

import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import { openLocalEmbedder } from './local.ts';
import type { Asked, Told } from './thread.ts';

/** The composition root of the thread that embeds. */
const { folder }: { readonly folder?: string } = workerData;

const port = parentPort;
if (!port) throw new Error('embed.worker.ts runs in a thread');
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is not a window
const tell = (told: Told): void => port.postMessage(told);

const failure = (error: unknown): { readonly message: string; readonly code?: AppError['code'] } =>
  error instanceof AppError ? { message: error.message, code: error.code } : { message: String(error) };

const answer = async (embedder: Embedder, { id, text }: Extract<Asked, { type: 'embed' }>): Promise<void> => {
  try {
    tell({ type: 'vector', id, vector: await embedder.embed(text) });
  } catch (error) {
    tell({ type: 'failed', id, ...failure(error) });
  }
};

try {
  const embedder = await openLocalEmbedder(folder === undefined ? {} : { folder });
  let last: Promise<void> = Promise.resolve();
  port.on('message', (asked: Asked) => {
    if (asked.type === 'embed') last = last.then(() => answer(embedder, asked));
    else void last.then(() => embedder.close()).finally(() => port.close());
  });
  tell({ type: 'open', fingerprint: embedder.fingerprint, dimensions: embedder.dimensions });
} catch (error) {
  tell({ type: 'closed', ...failure(error) });
}
