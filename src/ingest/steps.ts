import { setImmediate } from 'node:timers/promises';

/** A pause: nothing has come, and what was put off should not wait longer. */
export const PAUSE = Symbol('pause');

/** How long a run waits for its connector to let go, in ms. */
const CLOSE_WAIT = 1_000;

/** After so many steps timers and signals get a turn, even where nothing is ever waited for. */
const BREATH = 1_000;

/** The stream of a connector, which may be slow, may never pause, or may hang. */
export interface Steps<T> {
  /** The next one; undefined at the end; `PAUSE` after `wait` ms without one. Rejects with the connector's error, or the signal's reason. */
  next(wait: number | undefined): Promise<{ readonly value: T } | typeof PAUSE | undefined>;
  /** Lets go of a stream that was not read to its end. */
  close(): Promise<void>;
}

/** Reads a stream one by one, without trust in it. */
export const stepsOf = <T>(stream: () => AsyncIterable<T>, signal: AbortSignal): Steps<T> => {
  let iterator: AsyncIterator<T> | undefined;
  let coming: Promise<IteratorResult<T, unknown>> | undefined;
  let ended = false;
  let taken = 0;
  return {
    async next(wait) {
      if (++taken % BREATH === 0) await setImmediate();
      signal.throwIfAborted();
      iterator ??= stream()[Symbol.asyncIterator]();
      coming ??= iterator.next();
      const step = await orPause(coming, wait, signal);
      if (step === PAUSE) return PAUSE;
      coming = undefined;
      ended = step.done === true;
      return step.done === true ? undefined : { value: step.value };
    },
    async close() {
      coming?.catch(() => undefined); // it was told to stop, and nobody listens any more
      if (ended || !iterator?.return) return;
      const closing = async (): Promise<unknown> => iterator?.return?.();
      const closed = closing().catch(() => undefined); // what had to be said of it was said before
      await orPause(closed, CLOSE_WAIT, new AbortController().signal);
    },
  };
};

/** Waits so long at most. What is there at once is awaited without a timer. */
export const orPause = async <T>(
  coming: Promise<T>,
  wait: number | undefined,
  signal: AbortSignal,
): Promise<T | typeof PAUSE> => {
  const soon = await Promise.race([coming, setImmediate(PAUSE)]);
  if (soon !== PAUSE) return soon;
  signal.throwIfAborted(); // in the meantime: nobody is told of it any more
  const pause = Promise.withResolvers<typeof PAUSE>();
  const abort = (): void => pause.reject(signal.reason);
  const timer = wait === undefined ? undefined : setTimeout(() => pause.resolve(PAUSE), wait);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([coming, pause.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};
