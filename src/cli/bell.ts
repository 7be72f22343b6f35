import { setTimeout } from 'node:timers/promises';

/** Rung when something may have changed. */
export interface Bell {
  /** When it was rung last, ms since 1970. */
  readonly rungAt: number;
  /** How often it was rung: clocks are set back, and two rings can be of one instant. */
  readonly rings: number;
  /** `at`: when it was that something changed, where that is known; now by default. */
  readonly ring: (at?: number) => void;
  /** Resolves when it is rung, after `ms`, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** A bell that was just rung. */
export const createBell = (now: () => number): Bell => {
  let rungAt = now();
  let rings = 0;
  let rung = Promise.withResolvers<void>();
  return {
    get rungAt() {
      return rungAt;
    },
    get rings() {
      return rings;
    },
    ring: (at) => {
      rungAt = at === undefined ? now() : Math.max(rungAt, at);
      rings += 1;
      rung.resolve();
      rung = Promise.withResolvers();
    },
    wait: async (ms, signal) => {
      const over = new AbortController();
      await Promise.race([rung.promise, pause(ms, AbortSignal.any([signal, over.signal]))]);
      over.abort();
    },
  };
};

/** Waits so long, or until `signal` aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await setTimeout(Math.max(0, ms), undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};
