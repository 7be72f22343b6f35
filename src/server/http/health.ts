import { AppError } from '../../core/errors.ts';

/** What must work before anybody can be answered, by name: each rejects while it does not. */
export type Checks = Readonly<Record<string, () => Promise<void>>>;

export interface HealthOptions {
  readonly checks: Checks;
  /** Whether a source is older than it promised: told, but no reason to take the server away. */
  readonly past: () => Promise<boolean>;
  readonly now: () => number;
}

/** What is asked of it. */
export interface Health {
  /** Whether everybody can be answered, and the checks that say so. */
  look(): Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, 'ok' | 'failed'>> }>;
  /** For the operator alone, since it counts what is stored. */
  sources(): Promise<'within' | 'past' | 'unknown'>;
}

/** Nobody waits longer for a probe, in ms. */
const DEADLINE_MS = 2000;
/** Whoever asks more often gets the last look: probes need no identity, so they must cost nothing. */
const KEPT_MS = 1000;

/** Looks after what the server needs. */
export const createHealth = ({ checks, past, now }: HealthOptions): Health => {
  let last: { readonly at: number; readonly found: ReturnType<Health['look']> } | undefined;
  const look: Health['look'] = async () => {
    const found = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)] as const));
    return { ready: found.every(([, state]) => state === 'ok'), checks: Object.fromEntries(found) };
  };
  return {
    look: () => {
      if (!last || now() - last.at >= KEPT_MS || now() < last.at) last = { at: now(), found: look() };
      return last.found;
    },
    sources: () => promisesKept(past),
  };
};

const stateOf = async (check: () => Promise<void>): Promise<'ok' | 'failed'> => {
  try {
    await inTime(check());
    return 'ok';
  } catch {
    return 'failed';
  }
};

const promisesKept = async (past: () => Promise<boolean>): ReturnType<Health['sources']> => {
  try {
    return (await inTime(past())) ? 'past' : 'within';
  } catch {
    return 'unknown';
  }
};

const inTime = async <T>(promise: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new AppError('unavailable', 'It took too long.')), DEADLINE_MS);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
