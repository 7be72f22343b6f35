import { createLocalJWKSet, type CryptoKey, errors } from 'jose';
import { z } from 'zod';

import type { Fetch } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import type { KeyHeader } from './authority.ts';
import { discoverKeys } from './discovery.ts';
import { readJson } from './read-json.ts';

/** A key that its issuer withdrew dies here within this time, in ms. */
export const KEYS_MAX_AGE = 10 * 60_000;
/** A key that nobody knows makes us look again at most this often, in ms: whoever invents a thousand causes one look. */
export const LOOK_AGAIN = 30_000;
/** After a look that failed, in ms. Shorter, because meanwhile nobody's token can be judged. */
export const TRY_AGAIN = 5000;
/** Keys rarely move: where they lie is asked again this often, in ms, and after every look that failed. */
const ADDRESS_MAX_AGE = 60 * 60_000;
const KEYS_MAX = 100;
/** Shorter RSA keys are broken, or soon will be (RFC 7518 §3.3). */
const RSA_BITS_MIN = 2048;

/** The keys of one issuer. */
export interface IssuerKeys {
  /** The one key that a header names, if any. Rejects with `unavailable` where the keys cannot be read. */
  find(header: KeyHeader, signal: AbortSignal): Promise<CryptoKey | undefined>;
  /** Rejects with `unavailable` where there are no keys to judge a token by. */
  ready(signal: AbortSignal): Promise<void>;
}

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly fetch: Fetch;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Reads the keys of an issuer when they are first needed, and again when they age or one is missing; one look at a time serves all. */
export const createIssuerKeys = ({ issuer, fetch, now }: IssuerKeysOptions): IssuerKeys => {
  let held: { readonly keys: ReturnType<typeof createLocalJWKSet>; readonly at: number } | undefined;
  let address: { readonly url: URL; readonly at: number } | undefined;
  let failed: { readonly why: unknown; readonly at: number } | undefined;
  let looking: Promise<void> | undefined;

  /** A clock that was set back makes everything old. */
  const isYoung = (thing: { readonly at: number } | undefined, age: number): boolean =>
    thing !== undefined && thing.at <= now() && now() < thing.at + age;

  const look = async (): Promise<void> => {
    const at = now();
    try {
      if (!address || !isYoung(address, ADDRESS_MAX_AGE)) address = { url: await discoverKeys(issuer, fetch), at };
      held = { keys: createLocalJWKSet(keySet.parse(await readJson(address.url, fetch))), at };
      failed = undefined;
    } catch (why) {
      address = undefined;
      failed = { why, at };
    }
  };

  /** One caller who goes away does not end the look for the others. */
  const looked = async (signal: AbortSignal): Promise<void> => {
    if (!failed || !isYoung(failed, TRY_AGAIN)) {
      looking ??= look().finally(() => (looking = undefined));
      await orAborted(looking, signal);
    }
    if (failed) throw unavailable(issuer, failed.why);
  };

  const findNow = async (header: KeyHeader): Promise<CryptoKey | undefined> => {
    try {
      const key = await held?.keys({ ...header });
      return key && isStrong(key) ? key : undefined;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return undefined;
      throw unavailable(issuer, error);
    }
  };

  const ready = async (signal: AbortSignal): Promise<void> => {
    if (!isYoung(held, KEYS_MAX_AGE)) await looked(signal);
  };

  return {
    ready,
    find: async (header, signal) => {
      await ready(signal);
      const key = await findNow(header);
      if (key || (!failed && isYoung(held, LOOK_AGAIN))) return key;
      await looked(signal);
      return findNow(header);
    },
  };
};

/** What the issuer says of its keys is its own; jose judges it key by key. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(KEYS_MAX) });

const isStrong = ({ algorithm }: CryptoKey): boolean =>
  !('modulusLength' in algorithm) || Number(algorithm.modulusLength) >= RSA_BITS_MIN;

const unavailable = (issuer: string, cause: unknown): AppError =>
  new AppError('unavailable', `The keys of ${issuer} cannot be read, so no token of it can be judged. Try again in a moment.`, {
    cause,
  });

const orAborted = async (work: Promise<void>, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
