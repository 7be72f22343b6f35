import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Delivery } from '../../core/hook.ts';
import { AppError } from '../../core/errors.ts';
import type { Asked } from './asked.ts';
import { readBody } from './body.ts';
import { createBuckets } from './bucket.ts';
import { retryAfter } from './limits.ts';
import { plainAnswer, type Refusal } from './refusal.ts';

/** The id of a delivery that its source signed; undefined for any other. */
export type Verify = (delivery: Delivery, now: Date) => string | undefined;

export interface HookRouteParts {
  /** Of the sources that have a hook configured. */
  readonly hooks: ReadonlyMap<string, Verify>;
  /** Remembers a delivery, and rings where it is not a repeated one. Rejects with `unavailable`. */
  readonly ring: (source: string, id: string) => Promise<void>;
  /** What is said where nothing is. */
  readonly nothing: Refusal;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Where sources say that something changed. */
export interface HookRoute {
  /** `name`: what stands below `/hooks/`. `from`: the address it came from. `unknown` hears why it was not taken. */
  answer(request: Request, given: Given): Promise<Response>;
}

interface Given {
  readonly name: string;
  readonly from: string;
  readonly asked: Asked;
  readonly unknown: (why: string) => void;
}

/** A delivery names what changed; nobody here reads more of it than its signature. */
const BODY_MAX = 1_048_576;
/** Bodies that are read at once. */
const AT_ONCE = 64;
/** Deliveries that were not signed, of one address: so many at once, and as many again in a minute. */
const BAD_PER_MINUTE = 120;
const MINUTE = 60_000;
const ADDRESSES_MAX = 10_000;
const SOON_SECONDS = 1;
const LATER_SECONDS = 10;

/**
 * Builds the route. Whoever cannot sign learns nothing by it: everything is refused before it is known for which source it is, or
 * answered as what is not there, after the same work.
 */
export const createHookRoute = ({ hooks, ring, nothing, now }: HookRouteParts): HookRoute => {
  const brake = createBuckets({ capacity: BAD_PER_MINUTE, perMs: MINUTE, most: ADDRESSES_MAX, now });
  const standIn = createStandIn();
  let inFlight = 0;

  const taken = async (request: Request, { name, from, asked, unknown }: Given): Promise<Response> => {
    const refuse = (refusal: Refusal, why: string): Response => {
      asked.code = refusal.refused;
      asked.why = why;
      unknown(why);
      return plainAnswer(refusal);
    };
    const wait = brake.take(from);
    if (wait > 0) return refuse(braked(Math.ceil(wait / 1000)), 'too many bad deliveries');
    const body = await readBody(request, BODY_MAX);
    if (body === 'too large') return refuse(TOO_LARGE, 'delivery too large');
    const verify = (request.method === 'POST' ? hooks.get(name) : undefined) ?? standIn;
    const id = verified(verify, { headers: request.headers, body }, new Date(now()));
    if (id === undefined) return refuse(nothing, 'bad delivery');
    brake.giveBack(from);
    asked.client = 'hook';
    try {
      await ring(name, id);
      return new Response(null, { status: 202 });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      asked.code = NOT_KEPT.refused;
      return plainAnswer(NOT_KEPT);
    }
  };

  return {
    answer: async (request, given) => {
      if (inFlight >= AT_ONCE) {
        given.asked.code = BUSY.refused;
        return plainAnswer(BUSY);
      }
      inFlight += 1;
      try {
        return await taken(request, given);
      } finally {
        inFlight -= 1;
      }
    },
  };
};

/** A connector that stumbles over a delivery has not verified it. */
const verified = (verify: Verify, delivery: Delivery, now: Date): string | undefined => {
  try {
    const id = verify(delivery, now);
    return id === '' ? undefined : id;
  } catch {
    return undefined;
  }
};

/** Does the work of a hook for a source that has none, and never takes anything. */
const createStandIn = (): Verify => {
  const key = randomBytes(32);
  return ({ body }) => {
    const signature = createHmac('sha256', key).update(body).digest();
    timingSafeEqual(signature, key);
    return undefined;
  };
};

const TOO_LARGE: Refusal = { refused: 'too_large', message: 'The body is larger than 1 MB.' };

const braked = (seconds: number): Refusal => ({
  refused: 'rate_limited',
  message: `Too much from there was not taken. Come again in ${seconds} s.`,
  headers: retryAfter(seconds),
});

const BUSY: Refusal = {
  refused: 'unavailable',
  message: 'Castellan is busy. Come again in a moment.',
  headers: retryAfter(SOON_SECONDS),
};

const NOT_KEPT: Refusal = {
  refused: 'unavailable',
  message: 'This could not be kept. Send it again.',
  headers: retryAfter(LATER_SECONDS),
};
