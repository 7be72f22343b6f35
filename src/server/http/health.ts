import { AppError } from '../../core/errors.ts';

/** What must work before anybody can be answered, by name: each rejects while it does not. */
export type Checks = Readonly<Record<string, () => Promise<void>>>;

export interface HealthOptions {
  readonly checks: Checks;
  /** Whether a source is older than it promised: told, but no reason to take the server away. */
  readonly past: () => Promise<boolean>;
  readonly now: () => number;
}

/** What an administrator reads. */
export interface Health {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
  readonly sources: 'within' | 'past' | 'unknown';
}

/** Nobody waits longer for a probe. */
const DEADLINE_MS = 2000;
/** Whoever asks more often gets the last answer: probes need no identity, so they must cost nothing. */
const KEPT_MS = 1000;

/** Looks after what the server needs; gives the last look while it is fresh. */
export const createHealth = ({ checks, past, now }: HealthOptions): (() => Promise<Health>) => {
  let last: { readonly at: number; readonly health: Promise<Health> } | undefined;
  const look = async (): Promise<Health> => {
    const [sources, ...found] = await Promise.all([
      promisesKept(past),
      ...Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)] as const),
    ]);
    return { ready: found.every(([, state]) => state === 'ok'), checks: Object.fromEntries(found), sources };
  };
  return () => {
    if (!last || now() - last.at >= KEPT_MS || now() < last.at) last = { at: now(), health: look() };
    return last.health;
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

const promisesKept = async (past: () => Promise<boolean>): Promise<Health['sources']> => {
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
