import type { Sleep } from './sleep.ts';

/** How much one source may be asked, by all of this process together. */
export interface Rate {
  /** Calls begun a second; 0 is without a bound. */
  readonly perSecond: number;
  /** Calls under way. */
  readonly concurrent: number;
}

export const DEFAULT_RATE: Rate = { perSecond: 20, concurrent: 4 };

/** A source that asks for a longer pause ends the run instead, in ms: what holds a lease should be at work. */
export const PATIENCE = 60_000;

/** The places and turns of one source: whoever asks first goes first. Both reject with the signal's reason. */
export interface Budget {
  /** Resolves with what leaves it again: a place among the calls that are under way, until their answers were read. */
  enter(signal: AbortSignal): Promise<() => void>;
  /** Resolves true when whoever has a place may call once; false where the source asked for more quiet than anybody waits. */
  turn(signal: AbortSignal): Promise<boolean>;
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

  return {
    async enter(signal) {
      signal.throwIfAborted();
      await slot(signal);
      let left = false;
      return () => {
        if (!left) free();
        left = true;
      };
    },
    async turn(signal) {
      // One that began long ago saves nothing up but a second's worth, so that a pause is not followed by a flood.
      // No more wait than may be under way: what stands later was said before the clock was set back.
      const mine = Math.max(Math.min(next, now() + gap * concurrent), now() - 1000);
      next = mine + gap;
      for (;;) {
        signal.throwIfAborted();
        if (quietUntil - now() > PATIENCE) return false;
        const wait = Math.min(Math.max(mine, quietUntil) - now(), LOOK_MAX);
        if (wait <= 0) return true;
        await sleep(wait, signal);
      }
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
