import type { AppError } from '../../core/errors.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Authorise } from '../authorise.ts';
import type { Outgoing } from '../outgoing.ts';
import type { Sleep } from '../sleep.ts';
import { keptAfter, nextGrant } from './grant.ts';
import { type Keeping, type Kept, keptIn, rowOf, type SigningSource } from './kept.ts';
import { dead, notConnected, ranOut, refusedSettings, remedyOf, renewedElsewhere } from './refusals.ts';
import { Denied } from './token-endpoint.ts';

/** What is as good as over: a minute before its end, or the last tenth of what lives shorter than ten, in ms. */
const SPARE = 60_000;
/** To renew takes at most so long, waiting for another process included, in ms: less than the store lets anybody hold the right. */
const RENEWAL_MAX = 60_000;
/** How often another process's renewal is looked at, in ms. */
const LOOK = 100;
/** What a source refuses although it is new is not renewed again for so long, nor is asked who refused the settings, in ms. */
const PATIENCE = 60_000;
/** What a provider calls a refresh token that is over: the second is GitHub's word. */
const OVER: ReadonlySet<string> = new Set(['invalid_grant', 'bad_refresh_token']);

export interface CredentialParts {
  readonly credentials: Credentials;
  readonly keeping: Keeping;
  readonly outgoing: Outgoing;
  /** ms since 1970. */
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** A credential that is kept: it lets calls in, and renews itself. */
export interface Credential extends Authorise {
  /** A token that is good now; renewed where it is not. */
  ready(signal: AbortSignal): Promise<Kept>;
  /** Resolves when no renewal is under way: one that was begun is ended, since it may have used up what it asked with. */
  settled(): Promise<void>;
}

/**
 * The credential of one source, as its row stands now: connected, renewed or forgotten by another process, it is seen at the next
 * call. One renews at a time, across processes; what was renewed is on disk before anything is done with it.
 */
export const openCredential = (source: SigningSource, parts: CredentialParts): Credential => {
  const { credentials, keeping, outgoing, now, sleep } = parts;
  const { name } = source;
  const holder = Buffer.from(keeping.random(16)).toString('hex');
  let held: Kept | undefined;
  let seen = -1;
  let renewing: Promise<Kept | undefined> | undefined;
  let unstored: Renewed | undefined;
  let settings: { readonly at: number; readonly error: AppError } | undefined;

  const take = (kept: Kept | undefined, version: number): Kept | undefined => {
    [held, seen] = [kept, version];
    return kept;
  };

  const current = async (): Promise<Kept | undefined> => {
    const version = await credentials.version(name);
    if (version === seen) return held;
    const row = await credentials.find(name);
    if (!row) return take(undefined, version);
    const kept = keptIn(source, row, keeping);
    return kept?.stale ? resealed(kept) : take(kept, row.version);
  };

  /**
   * What the key of before sealed, from now on with the one of now. With the right to renew, as any change but a person's: whoever
   * renews meanwhile could not keep what it got. While somebody does, it is used as it is, and looked at again at the next call.
   */
  const resealed = async (kept: Kept): Promise<Kept | undefined> => {
    const seals = { source: name, holder: `${holder} seals` }; // not even what renews here
    const claimed = await credentials.claim({ ...seals, at: now() });
    if (claimed.state !== 'mine') return kept;
    try {
      const again = { ...kept, version: kept.version + 1 };
      return (await credentials.put(rowOf(source, again, keeping))) ? take(again, again.version) : kept;
    } finally {
      await credentials.release(seals);
    }
  };

  const fits = ({ token, facts }: Kept, refused: string | undefined): boolean => {
    const { expiresAt = Infinity, obtainedAt, renews } = facts;
    const spare = renews ? Math.min(SPARE, (expiresAt - obtainedAt) / 10) : 0;
    return token !== undefined && token !== refused && now() < expiresAt - spare;
  };

  /** With the right to renew: what is kept now, or what comes next. Undefined: nothing else than what was refused. */
  const next = async (version: number, kept: Kept | undefined, refused: string | undefined): Promise<Kept | undefined> => {
    if (kept?.facts.dead !== undefined) throw dead(source, kept.facts.dead);
    if (kept && fits(kept, refused)) return take(kept, version); // another process was faster
    if (unstored && follows(unstored, version, kept))
      return stored({ ...unstored, kept: { ...unstored.kept, version: version + 1 } });
    if (settings && Math.abs(now() - settings.at) < PATIENCE) throw settings.error;
    const { refusedAt } = kept?.facts ?? {};
    if (refused !== undefined && refusedAt !== undefined && Math.abs(now() - refusedAt) < PATIENCE) return undefined;
    const askedAt = now();
    const signal = AbortSignal.timeout(RENEWAL_MAX);
    const granted = await nextGrant(kept, { source, outgoing, now, signal }).catch((error: unknown) =>
      denied(error, version, kept),
    );
    if (granted === undefined) {
      if (refused !== undefined) return undefined;
      throw kept ? ranOut(source) : notConnected(source);
    }
    const before = kept ?? { version };
    const after = keptAfter(before, granted, { source, askedAt, ...(refused !== undefined && { refusedAt: askedAt }) });
    return stored({ kept: after, usedUp: kept?.refresh });
  };

  /** On disk before it is used: the one it came from is worth nothing any more. */
  const stored = async (renewed: Renewed): Promise<Kept> => {
    const { kept } = renewed;
    unstored = renewed;
    const put = await credentials.put(rowOf(source, kept, keeping));
    unstored = undefined;
    if (put) return take(kept, kept.version) ?? kept;
    const other = await current(); // connected or forgotten meanwhile
    if (other && fits(other, undefined)) return other;
    throw notConnected(source);
  };

  const denied = async (error: unknown, version: number, kept: Kept | undefined): Promise<never> => {
    if (!(error instanceof Denied)) throw error;
    if (source.signIn.kind !== 'oauth' || !OVER.has(error.reason)) {
      settings = { at: now(), error: refusedSettings(source, error.reason) };
      throw settings.error;
    }
    const facts = kept && { ...kept.facts, renews: false, dead: error.reason };
    if (facts) await credentials.put(rowOf(source, { version: version + 1, facts }, keeping));
    throw dead(source, error.reason);
  };

  const renew = async (refused: string | undefined): Promise<Kept | undefined> => {
    const late = AbortSignal.timeout(RENEWAL_MAX);
    for (;;) {
      const claimed = await credentials.claim({ source: name, holder, at: now() });
      if (claimed.state === 'mine') {
        try {
          const { row, version } = claimed;
          return await next(version, row && keptIn(source, row, keeping), refused);
        } finally {
          await credentials.release({ source: name, holder });
        }
      }
      await sleep(LOOK, late).catch(() => {
        throw renewedElsewhere(source, claimed.pid);
      });
      const kept = await current();
      if (kept && fits(kept, refused)) return kept;
    }
  };

  const good = async (refused: string | undefined, signal: AbortSignal): Promise<Kept | undefined> => {
    const kept = await current();
    if (kept?.facts.dead !== undefined) throw dead(source, kept.facts.dead);
    if (kept && fits(kept, refused)) return kept;
    renewing ??= renew(refused).finally(() => {
      renewing = undefined;
    });
    return unlessAborted(renewing, signal);
  };

  return {
    headers: async ({ refused, signal }) => {
      const kept = await good(refused && tokenIn(refused), signal);
      return kept?.token === undefined ? undefined : bearer(kept.token);
    },
    ready: async (signal) => {
      const kept = await good(undefined, signal);
      if (kept) return kept;
      throw notConnected(source);
    },
    remedy: remedyOf(source),
    settled: async () => {
      await renewing?.catch(() => undefined);
    },
  };
};

/** What a provider gave, and the refresh token that it was had with, which is worth nothing any more. */
interface Renewed {
  readonly kept: Kept;
  readonly usedUp: string | undefined;
}

/** Whether it comes after what is kept: right after, or after the same under another seal. */
const follows = ({ kept, usedUp }: Renewed, version: number, now: Kept | undefined): boolean =>
  kept.version === version + 1 || (usedUp !== undefined && now?.refresh === usedUp);

/** How a token is shown. */
const bearer = (token: string): { readonly authorization: string } => ({ authorization: `${SCHEME}${token}` });
const SCHEME = 'Bearer ';
const tokenIn = (headers: Readonly<Record<string, string>>): string => headers['authorization']?.slice(SCHEME.length) ?? '';

/** Whoever leaves is let go; what they waited for goes on for the others. */
const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
};

/** Keeps what a person connected in place of whatever was kept. */
export const keepAnew = async (
  source: SigningSource,
  make: (version: number) => Kept,
  { credentials, keeping }: Pick<CredentialParts, 'credentials' | 'keeping'>,
): Promise<Kept> => {
  for (;;) {
    const kept = make(await credentials.version(source.name));
    if (await credentials.put(rowOf(source, kept, keeping))) return kept; // else somebody else was faster
  }
};
