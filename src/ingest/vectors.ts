import type { Embedder } from '../core/embedder.ts';
import type { Store, WaitingChunk } from '../store/store.ts';
import { type Progress, teller } from './progress.ts';

/** Vectors in one commit. */
const BATCH = 32;
/** Where several texts go in one call: a part of the 300,000 tokens and 2,048 texts that OpenAI takes. */
const BATCH_TOGETHER = 128;
/** What was embedded is committed at least this often, in ms: so much is done twice after a kill. */
const LATENCY = 1_000;

export interface EmbedOptions {
  readonly store: Store;
  readonly embedder: Embedder;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** ms; for progress only. */
  readonly now?: () => number;
  readonly batch?: number;
}

/** Gives a vector to every chunk that waits for one. An abort keeps what was done; the rest waits on. */
export const embedWaiting = async ({
  store,
  embedder,
  signal,
  onProgress,
  now = () => performance.now(),
  batch = embedder.embedAll ? BATCH_TOGETHER : BATCH,
}: EmbedOptions): Promise<{ readonly embedded: number }> => {
  const { fingerprint } = embedder;
  const tell = teller(onProgress, now);
  let done = 0;
  let total = await store.waitingCount(fingerprint);
  const progress = (last?: boolean): void =>
    tell({ phase: 'embed', read: 0, changed: 0, deleted: 0, problems: 0, done, total }, last);
  while (!signal.aborted) {
    const waiting = await store.waiting(fingerprint, batch);
    if (waiting.length === 0) break;
    total = Math.max(total, done + waiting.length);
    if (embedder.embedAll) {
      const vectors = await embedder.embedAll(
        waiting.map(({ embedded }) => embedded),
        signal,
      );
      await store.putVectors(fingerprint, paired(waiting, vectors));
      done += waiting.length;
      progress();
      continue;
    }
    let made: Made[] = [];
    let since = performance.now();
    for (const { chunk, embedded } of waiting) {
      if (signal.aborted) break;
      made.push({ chunk, vector: await embedder.embed(embedded) });
      done += 1;
      progress();
      if (performance.now() - since < LATENCY) continue;
      await store.putVectors(fingerprint, made);
      made = [];
      since = performance.now();
    }
    await store.putVectors(fingerprint, made);
  }
  progress(true);
  return { embedded: done };
};

interface Made {
  readonly chunk: number;
  readonly vector: Float32Array;
}

const paired = (waiting: readonly WaitingChunk[], vectors: readonly Float32Array[]): Made[] =>
  waiting.map(({ chunk }, at) => {
    const vector = vectors[at];
    if (!vector) throw new Error('a text was given no vector');
    return { chunk, vector };
  });
