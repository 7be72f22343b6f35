import type { Bearer } from '../../access/token.ts';
import { createBuckets } from './bucket.ts';
import type { Refusal } from './refusal.ts';

export interface LimitsOptions {
  readonly perMinute: number;
  readonly atOnce: number;
  readonly now: () => number;
}

/** What one caller, and all of them together, may take. */
export interface Limits {
  /** Lets a request in, until `leave` is called; or says when to come again. */
  enter(name: string): { readonly leave: () => void } | Refusal;
  readonly inFlight: number;
}

const MINUTE = 60_000;
/** Callers remembered; a company has fewer. */
const CALLERS_MAX = 10_000;
/** Requests of all callers at once: more would wait for their answers beyond every client's patience. */
const IN_FLIGHT_MAX = 500;
/** When places are taken, how soon it is worth asking again. */
const SOON_SECONDS = 1;

/** A caller, as limits tell them apart: each part with its length, so that no two callers read alike. */
export const callerName = ({ identity: { issuer, subject }, client }: Bearer): string =>
  [issuer, subject, client].map((part) => `${part.length}:${part}`).join('|');

/** Counts what runs, and how often each caller came. */
export const createLimits = ({ perMinute, atOnce, now }: LimitsOptions): Limits => {
  const buckets = createBuckets({ capacity: perMinute, perMs: MINUTE, most: CALLERS_MAX, now });
  const running = new Map<string, number>();
  let inFlight = 0;
  const leave = (name: string): void => {
    inFlight -= 1;
    const left = (running.get(name) ?? 1) - 1;
    if (left === 0) running.delete(name);
    else running.set(name, left);
  };
  return {
    enter: (name) => {
      const own = running.get(name) ?? 0;
      if (own >= atOnce) return limited(`At most ${atOnce} requests of one caller run at once.`, SOON_SECONDS);
      const wait = buckets.take(name);
      if (wait > 0) return limited(`At most ${perMinute} requests of one caller a minute.`, Math.ceil(wait / 1000));
      if (inFlight >= IN_FLIGHT_MAX) {
        return {
          refused: 'unavailable',
          message: 'Castellan is busy. Ask again in a moment.',
          headers: retryAfter(SOON_SECONDS),
        };
      }
      inFlight += 1;
      running.set(name, own + 1);
      let left = false;
      return {
        leave: () => {
          if (!left) leave(name);
          left = true;
        },
      };
    },
    get inFlight() {
      return inFlight;
    },
  };
};

const limited = (why: string, seconds: number): Refusal => ({
  refused: 'rate_limited',
  message: `${why} Ask again in ${seconds} s.`,
  headers: retryAfter(seconds),
});

/** In whole seconds, as HTTP has it. */
export const retryAfter = (seconds: number): Readonly<Record<string, string>> => ({ 'retry-after': String(seconds) });
