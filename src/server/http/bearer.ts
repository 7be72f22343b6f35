import { createHash } from 'node:crypto';

import type { Bearer, Tokens } from '../../access/token.ts';
import { AppError } from '../../core/errors.ts';
import type { Address } from './address.ts';
import { createBuckets } from './bucket.ts';
import { retryAfter } from './limits.ts';
import type { Refusal } from './refusal.ts';

export interface BearersOptions {
  readonly tokens: Tokens;
  readonly address: Address;
  readonly now: () => number;
}

/** Why nobody is known to ask, for those who count it. */
export type Unknown = 'no token' | 'bad token' | 'too many bad tokens' | 'issuer unreachable';

/** Says who asks. */
export type Identified = Bearer | (Refusal & { readonly why: Unknown; readonly because?: string });

/** Tokens that did not hold, of one address: so many at once, and as many again in a minute. Tokens known to be good are not held up by it. */
const BAD_PER_MINUTE = 600;
const MINUTE = 60_000;
/** Addresses and good tokens remembered. */
const ADDRESSES_MAX = 10_000;
const KNOWN_MAX = 10_000;
/** A token of more is none that an issuer made for a request header. */
const TOKEN_MAX = 12_000;
/** RFC 6750's form: a second header of that name is joined by a comma, and so is none. */
const BEARER = /^Bearer +(?<token>[A-Za-z0-9\-._~+/]+=*)$/iu;
/** When keys could not be read, how soon it is worth asking again. */
const KEYS_SECONDS = 5;

/** Reads the one token of a request and has it checked. `from` is the address it came from, where there is one. */
export const createBearers = ({ tokens, address, now }: BearersOptions) => {
  const brake = createBuckets({ capacity: BAD_PER_MINUTE, perMs: MINUTE, most: ADDRESSES_MAX, now });
  const known = new Map<string, number>();

  const isKnown = (print: string): boolean => (known.get(print) ?? 0) > now();
  const remember = (print: string, until: number): void => {
    known.delete(print);
    known.set(print, until);
    const [oldest] = known.keys();
    if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
  };

  return async (request: Request, from: string, signal: AbortSignal): Promise<Identified> => {
    const header = request.headers.get('authorization');
    if (header === null || !/^Bearer\b/iu.test(header)) return unauthenticated(address, 'no token');
    const token = BEARER.exec(header)?.groups?.['token'];
    if (token === undefined || token.length > TOKEN_MAX) return unauthenticated(address, 'bad token');
    const print = createHash('sha256').update(token).digest('base64');
    const braked = !isKnown(print);
    const wait = braked ? brake.take(from) : 0;
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      const message = `Too many tokens from there were not good. Ask again in ${seconds} s.`;
      return { refused: 'rate_limited', message, headers: retryAfter(seconds), why: 'too many bad tokens' };
    }
    try {
      const bearer = await tokens.verify(token, signal);
      if (braked) brake.giveBack(from);
      remember(print, bearer.expiresAt);
      return bearer;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      known.delete(print);
      if (error.code === 'unauthenticated') return unauthenticated(address, 'bad token', reasonOf(error));
      if (braked) brake.giveBack(from);
      const message = 'Who is asking cannot be checked now. Ask again in a moment.';
      return { refused: 'unavailable', message, headers: retryAfter(KEYS_SECONDS), why: 'issuer unreachable' };
    }
  };
};

/** Every token that is not good is answered alike: why it is not is nobody's business who cannot mend it. */
const unauthenticated = ({ metadata }: Address, why: 'no token' | 'bad token', because?: string): Identified => {
  const [error, message] =
    why === 'no token'
      ? ['', 'Send an access token: Authorization: Bearer <token>.']
      : ['error="invalid_token", ', 'The access token is not good here. Get a new one.'];
  const challenge = `Bearer ${error}scope="read", resource_metadata="${metadata.url}"`;
  return {
    refused: 'unauthenticated',
    message,
    headers: { 'www-authenticate': challenge },
    why,
    ...(because === undefined ? {} : { because }),
  };
};

/** One of a few words of ours, for the log. */
const reasonOf = ({ cause }: AppError): string | undefined => (typeof cause === 'string' ? cause : undefined);
