import { extname } from 'node:path';

import { type Identity, identityName } from '../core/caller.ts';
import type { Rules } from '../core/rules.ts';
import { openPool } from '../thread/pool.ts';
import { type Identifier, isLate, type Visit } from './recognise.ts';

export interface IdentifierOptions {
  readonly indexPath: string;
  readonly rules: Rules;
  readonly now: () => number;
  /** How long a commit waits for another writer's. */
  readonly busyMs?: number;
  /** How long nobody waits for a commit after one that came too late. */
  readonly restMs?: number;
}

/** What the thread is asked. */
export type Question =
  /** Can the index be opened at all? */
  | { readonly kind: 'open' }
  /** To look, or to write what is due. */
  | (Visit & { readonly kind: 'look' | 'write' });

/** Whom it knows; absent where it was asked for nobody. */
export interface Answer {
  readonly identity?: Identity;
  /** There is something to write. */
  readonly due: boolean;
}

/** What it starts with. */
export interface IdentifyWorkerData {
  readonly indexPath: string;
  readonly rules: Rules;
  readonly busyMs: number;
}

/** A sync commits often, and seldom for longer than this. */
const BUSY_MS = 1000;
/** A sync that holds the index now will hold it a little longer. */
const REST_MS = 1000;
/** A look takes a millisecond; the first one also waits until its thread is up, which on a busy machine takes seconds. */
const DEADLINE_MS = 15_000;

/**
 * Opens threads that know who somebody is: one looks, and one writes what is due, so that nobody who is known waits for a commit.
 * What cannot be written in time is left to a later call: who is not linked yet sees less than they may, never more.
 */
export const openIdentifier = async (options: IdentifierOptions): Promise<Identifier> => {
  const { indexPath, rules, now, busyMs = BUSY_MS, restMs = REST_MS } = options;
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const url = new URL(`identify.worker${extension}`, import.meta.url);
  const kind = { name: 'identity', url, given: { indexPath, rules, busyMs }, deadlineMs: DEADLINE_MS, size: 1 };
  const looking = openPool<Question, Answer, IdentifyWorkerData>(kind);
  const writing = openPool<Question, Answer, IdentifyWorkerData>(kind);
  let rested = 0;

  const known = async (identity: Identity, recalled: boolean): Promise<Identity> => {
    const asking = { caller: identityName(identity), signal: NEVER };
    const question = { identity, recalled, now: now() };
    const looked = await looking.ask({ kind: 'look', ...question }, asking);
    const as = recalled ? (looked.identity ?? identity) : identity;
    if (!looked.due || performance.now() < rested) return as;
    try {
      await writing.ask({ kind: 'write', ...question }, asking);
    } catch (error) {
      if (!isLate(error)) throw error;
      rested = performance.now() + restMs;
    }
    return as;
  };

  const close = async (): Promise<void> => {
    await Promise.all([looking.close(), writing.close()]);
  };
  try {
    await looking.ask({ kind: 'open' }, { caller: '', signal: NEVER });
  } catch (error) {
    await close();
    throw error;
  }

  return {
    identify: (identity) => known(identity, false),
    recall: (identity) => known(identity, true),
    close,
  };
};

/** Whoever has gone was here. */
const NEVER = new AbortController().signal;
