import { setTimeout } from 'node:timers/promises';

import { AppError } from '../../core/errors.ts';
import type { PushedStore } from '../../store/pushed.ts';
import { type Answer, answerTo, type Question } from './answer.ts';
import type { Meaning } from './directory.ts';

/** What is asked of a directory: a request, or to take the source over before one comes. */
export type ScimQuestion = Question | { readonly open: true; readonly now: number };
export type ScimAnswer = Answer | 'open';

export interface AskingParts {
  /** With a clock that stands where the question says. */
  readonly open: (now: () => number) => PushedStore;
  readonly meaning: Meaning;
  /** The address of `/scim/v2`. */
  readonly base: string;
  /** How long a change waits for a run that writes the source. */
  readonly patienceMs: number;
}

/** Between two tries while a run holds the source, in ms. */
const PAUSE_MS = 50;

/** Answers questions one after the other, on a store that is opened with the first. */
export const createAsking = ({ open, meaning, base, patienceMs }: AskingParts) => {
  let opened: PushedStore | undefined;
  let clock = 0;
  return async (question: ScimQuestion): Promise<ScimAnswer> => {
    clock = question.now;
    opened ??= open(() => clock); // one that cannot be opened now may be later
    const store = opened;
    return patiently(patienceMs, () => {
      if (!('open' in question)) return answerTo({ store, meaning, base }, question);
      store.change(() => undefined);
      return 'open';
    });
  };
};

/** A run that writes the source is waited for: what it holds up is a push that nobody may lose. */
const patiently = async <T>(ms: number, work: () => T): Promise<T> => {
  for (const until = performance.now() + ms; ; await setTimeout(PAUSE_MS)) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'conflict') || performance.now() > until) throw error;
    }
  }
};
