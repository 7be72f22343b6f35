import type { Drift, RunDrift } from '../core/drift.ts';
import { AppError } from '../core/errors.ts';
import type { Notice } from '../core/notice.ts';

/** Different things that are kept of a run; the rest are counted. */
const KEPT_MAX = 100;
const WORDS_MAX = 300;
const SENTENCE_MAX = 500;
const LINK_MAX = 500;

/** Counts in what a source is no longer what its connector was written for. */
export interface DriftCounter {
  notice(notice: Notice): void;
  /** A record that could not be read, or the end of the run, where that was by a reply that could not be understood. */
  problem(error: unknown): void;
  counted(): RunDrift;
}

/** One a run. */
export const createDrift = (): DriftCounter => {
  const met = new Map<string, { readonly what: Drift; times: number }>();
  let more = 0;
  const count = (what: Drift): void => {
    const name = JSON.stringify(what);
    const known = met.get(name);
    if (known) known.times += 1;
    else if (met.size < KEPT_MAX) met.set(name, { what, times: 1 });
    else more += 1;
  };
  return {
    notice: (notice) => count(driftOf(notice)),
    problem: (error) => {
      if (!(error instanceof AppError) || error.code !== 'source_changed') return;
      const { call, path } = error.moved ?? { call: '', path: '' };
      count({ kind: 'moved_field', call: line(call, WORDS_MAX), path: line(path, WORDS_MAX) });
    },
    counted: () => ({ met: [...met.values()].map((one) => ({ ...one })), more }),
  };
};

const driftOf = (notice: Notice): Drift => {
  if (notice.kind === 'advice') return { kind: 'advice', message: line(notice.message, SENTENCE_MAX) };
  const call = line(notice.call, WORDS_MAX);
  if (notice.kind === 'unknown_field') return { kind: 'unknown_field', call, path: line(notice.path, WORDS_MAX) };
  const at = notice.at?.getTime();
  return {
    kind: 'sunset',
    call,
    ...(at === undefined || Number.isNaN(at) ? {} : { at }),
    ...(notice.link === undefined ? {} : { link: line(notice.link, LINK_MAX) }),
  };
};

/** It is printed one day: one line of text, and no longer than it must be. */
const line = (text: string, most: number): string =>
  text
    .slice(0, most)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
