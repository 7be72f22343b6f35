import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Delivered, Delivery } from '../../core/hook.ts';
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
  readonly ring: (source: string, delivered: Delivered) => Promise<void>;
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
/** Bodies that are read at once: one more, and whoever has been sending the longest has to make room. */
const READ_AT_ONCE = 64;
/** Signed deliveries that wait for their commit at once: of each an id and a digest. */
const KEPT_AT_ONCE = 512;
/** Deliveries that were not signed, of one address: so many at once, and as many again in a minute. */
const BAD_PER_MINUTE = 120;
const MINUTE = 60_000;
const ADDRESSES_MAX = 10_000;
const SOON_SECONDS = 1;
const LATER_SECONDS = 10;

/**
 * Builds the route. Whoever cannot sign learns nothing by it: everything is refused before it is known for which source it is, or
 * answered as what is not there, after the same work. However much is not signed, what is signed is taken: behind a proxy all come
 * from one address.
 */
export const createHookRoute = ({ hooks, ring, nothing, now }: HookRouteParts): HookRoute => {
  const brake = createBuckets({ capacity: BAD_PER_MINUTE, perMs: MINUTE, most: ADDRESSES_MAX, now });
  const standIn = createStandIn();
  const readers = createReaders(READ_AT_ONCE);
  let keeping = 0;

  const kept = async (name: string, delivered: Delivered, asked: Asked): Promise<Response> => {
    const refuse = (refusal: Refusal): Response => {
      asked.code = refusal.refused;
      return plainAnswer(refusal);
    };
    if (keeping >= KEPT_AT_ONCE) return refuse(BUSY);
    keeping += 1;
    try {
      await ring(name, delivered);
      return new Response(null, { status: 202 });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return refuse(NOT_KEPT);
    } finally {
      keeping -= 1;
    }
  };

  const answer = async (request: Request, { name, from, asked, unknown }: Given): Promise<Response> => {
    const refuse = (refusal: Refusal, why: string): Response => {
      asked.code = refusal.refused;
      asked.why = why;
      unknown(why);
      return plainAnswer(refusal);
    };
    const refuseBad = (refusal: Refusal, why: string): Response => {
      const wait = brake.take(from);
      return wait > 0 ? refuse(braked(Math.ceil(wait / 1000)), 'too many bad deliveries') : refuse(refusal, why);
    };
    const body = await readers.read(request);
    if (body === 'no room') return refuse(TOO_SLOW, 'delivery too slow');
    if (body === 'too large') return refuseBad(TOO_LARGE, 'delivery too large');
    const verify = (request.method === 'POST' ? hooks.get(name) : undefined) ?? standIn;
    const id = verified(verify, { headers: request.headers, body }, new Date(now()));
    if (id === undefined) return refuseBad(nothing, 'bad delivery');
    asked.client = 'hook';
    return kept(name, { id, digest: createHash('sha256').update(body).digest('hex') }, asked);
  };

  return { answer };
};

/** Reads so many bodies at once. Whoever signs sends what there is at once: nobody keeps them out by sending slowly. */
const createReaders = (most: number) => {
  const reading = new Set<(why: 'no room') => void>();
  return {
    read: async (request: Request): Promise<Awaited<ReturnType<typeof readBody>> | 'no room'> => {
      const [longest] = reading;
      if (longest && reading.size >= most) {
        reading.delete(longest);
        longest('no room');
      }
      const { promise, resolve } = Promise.withResolvers<'no room'>();
      reading.add(resolve);
      try {
        return await Promise.race([readBody(request, BODY_MAX), promise]);
      } finally {
        reading.delete(resolve);
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

/** What has not come by then is waited for by nobody. */
const TOO_SLOW: Refusal = { ...BUSY, headers: { ...BUSY.headers, connection: 'close' } };

const NOT_KEPT: Refusal = {
  refused: 'unavailable',
  message: 'This could not be kept. Send it again.',
  headers: retryAfter(LATER_SECONDS),
};
