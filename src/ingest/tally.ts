import type { RunCounts, RunProblem, Written } from '../store/store.ts';
import type { Problem } from './check.ts';

/** Problems kept of a run; the rest are counted. */
const PROBLEMS_MAX = 100;
const MESSAGE_MAX = 500;

/** What a run has done so far. */
export interface Tally {
  readonly counts: RunCounts;
  readonly problems: readonly RunProblem[];
  read(): void;
  written(written: Written): void;
  problem(problem: Problem): void;
}

/** Counts what a run does. */
export const createTally = (): Tally => {
  const counts = { read: 0, changed: 0, deleted: 0, problems: 0 };
  const problems: RunProblem[] = [];
  return {
    counts,
    problems,
    read() {
      counts.read += 1;
    },
    written({ changed, deleted }) {
      counts.changed += changed;
      counts.deleted += deleted;
    },
    problem({ key, message }) {
      counts.problems += 1;
      if (problems.length < PROBLEMS_MAX) problems.push({ ...(key !== undefined && { key }), message: printable(message) });
    },
  };
};

/** A message quotes the source: on a terminal it must stay one line of text. */
const printable = (message: string): string =>
  message
    .slice(0, MESSAGE_MAX)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
