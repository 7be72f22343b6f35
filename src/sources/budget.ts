import type { Sleep } from './sleep.ts';

/** How much one source may be asked, by all of this process together. */
export interface Rate {
  /** Calls begun a second; 0 is without a bound. */
  readonly perSecond: number;
  /** Calls under way. */
  readonly concurrent: number;
}

export const DEFAULT_RATE: Rate = { perSecond: 20, concurrent: 4 };

/** The turns of one source: whoever asks first goes first. */
export interface Budget {
  /** Resolves when a call may begin, with what ends it. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Nobody begins before `at`, ms since 1970: the source asked for quiet. */
  rest(at: number): void;
  /** Until when it asked for quiet; -Infinity where it did not. */
  readonly quietUntil: number;
}

interface BudgetParts {
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** One budget. Time is held as the earliest instant the next call may begin, so a clock that jumps delays at most one of them. */
export const createBudget = ({ perSecond, concurrent }: Rate, { now, sleep }: BudgetParts): Budget => {
  const gap = perSecond === 0 ? 0 : 1000 / perSecond;
  const waiting: (() => void)[] = [];
  let running = 0;
  let next = -Infinity;
  let quietUntil = -Infinity;

  const slot = async (signal: AbortSignal): Promise<void> => {
    if (running < concurrent) {
      running += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const give = (): void => resolve();
    const leave = (): void => {
      const at = waiting.indexOf(give);
      if (at >= 0) waiting.splice(at, 1);
      reject(signal.reason);
    };
    waiting.push(give);
    signal.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', leave));
  };

  const free = (): void => {
    const give = waiting.shift();
    if (give) give();
    else running -= 1;
  };

  const until = async (signal: AbortSignal): Promise<void> => {
    // One that began long ago saves nothing up but a second's worth, so that a pause is not followed by a flood.
    // No more wait than may be under way: what stands later was said before the clock was set back.
    const turn = Math.max(Math.min(next, now() + gap * concurrent), now() - 1000);
    next = turn + gap;
    for (;;) {
      const wait = Math.min(Math.max(turn, quietUntil) - now(), LOOK_MAX);
      if (wait <= 0) return;
      await sleep(wait, signal);
    }
  };

  return {
    async take(signal) {
      signal.throwIfAborted();
      await slot(signal);
      try {
        await until(signal);
      } catch (error) {
        free();
        throw error;
      }
      let ended = false;
      return () => {
        if (!ended) free();
        ended = true;
      };
    },
    rest(at) {
      quietUntil = Math.max(quietUntil, at);
    },
    get quietUntil() {
      return quietUntil;
    },
  };
};

/** A timer sleeps while the machine does, so the clock is looked at now and then, in ms. */
const LOOK_MAX = 60_000;
