import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import { type Asking, createTurns } from '../thread/turns.ts';
import type { Direction } from './question.ts';

/** The one model by which all questions of a process are understood. */
export interface Meaning {
  /** Which way a text points. Undefined where nothing can be found by meaning; rejects with `unavailable` where too many ask. */
  of(text: string, asking: Asking): Promise<Direction | undefined>;
  /** Of the model that is there. */
  fingerprint(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface MeaningOptions {
  /** Opens the model, which may take its time. */
  readonly open: () => Promise<Embedder>;
  readonly now: () => number;
  /** For a question, its turn included. */
  readonly deadlineMs?: number;
  /** For one text. */
  readonly stuckMs?: number;
  readonly closeMs?: number;
}

/** Longer than this nobody waits for a turn. */
const DEADLINE_MS = 10_000;
/** Far above the worst measured text, the first one included, which waits until the model is loaded. */
const STUCK_MS = 5000;
/** What is stuck in the model's own code hears nothing: it ends with the process, and holds nothing else up. */
const CLOSE_MS = 3000;
/** A model that dies at once, and again, must not be loaded at every question. */
const REOPEN_MS = 60_000;

/**
 * Opens the model at once, and waits for it only where it is needed: it embeds one text after the other, those who ask take turns.
 * One that cannot be loaded stays absent; one that died is loaded again; while one is stuck, words alone are found.
 */
export const openMeaning = (options: MeaningOptions): Meaning => {
  const { open, now, deadlineMs = DEADLINE_MS, stuckMs = STUCK_MS, closeMs = CLOSE_MS } = options;
  const load = (): Promise<Embedder | undefined> => open().catch(() => undefined);
  let model = load();
  let opened = now();
  let busy = false;
  let stuck = false;
  let closed = false;

  const reopen = (): void => {
    if (closed || Math.abs(now() - opened) < REOPEN_MS) return;
    opened = now();
    model = load();
  };

  const closeModel = async (): Promise<void> => (await model)?.close();

  const direction = async (text: string): Promise<Direction | undefined> => {
    const embedder = await model;
    if (!embedder) return undefined;
    try {
      return { vector: await embedder.embed(text), fingerprint: embedder.fingerprint };
    } catch (error) {
      if (error instanceof AppError) reopen(); // the model has stopped; anything else is this text's
      return undefined;
    }
  };

  const answerAll = (): void => {
    for (let turn = turns.take(); turn; turn = turns.take()) turn.resolve(undefined);
  };

  const next = async (): Promise<void> => {
    if (stuck) answerAll();
    if (busy) return;
    busy = true;
    for (let turn = turns.take(); turn; turn = turns.take()) {
      const timer = setTimeout(() => {
        stuck = true; // no fault of who asks, and true for all of them
        turn.resolve(undefined);
        answerAll();
      }, stuckMs);
      turn.resolve(await direction(turn.question));
      clearTimeout(timer);
      stuck = false;
    }
    busy = false;
  };

  const turns = createTurns<string, Direction | undefined>({ deadlineMs, onWaiting: () => void next() });
  return {
    of: (text, asking) => turns.ask(text, asking),
    fingerprint: async () => (stuck ? undefined : (await within(stuckMs, model))?.fingerprint),
    close: async () => {
      closed = true;
      answerAll();
      await within(closeMs, closeModel());
    },
  };
};

/** What is promised, if it comes in time. */
const within = async <T>(ms: number, promised: Promise<T>): Promise<T | undefined> => {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([promised, late]);
  } finally {
    clearTimeout(timer);
  }
};
