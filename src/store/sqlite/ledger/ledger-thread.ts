import { extname } from 'node:path';

import { openThread, type Thread } from '../../../thread/thread.ts';
import type { AuditRow, Ledger, LedgerKeys, Verified } from '../../ledger.ts';
import type { ChainHead } from './append.ts';
import { prepared } from './ledger.ts';
import type { Recorded } from './row.ts';

/** What the thread is asked. `written`: the last row that its owner knows to be there. */
export type Question =
  | { readonly kind: 'open' }
  | { readonly kind: 'append'; readonly events: readonly Recorded[]; readonly written: ChainHead | undefined }
  | { readonly kind: 'anchor'; readonly now: number; readonly written: ChainHead | undefined }
  | { readonly kind: 'list'; readonly limit: number; readonly before: number | undefined }
  | { readonly kind: 'verify'; readonly anchors: readonly string[] | undefined };

/** What it answers, to each kind its own. */
export type Answer =
  | { readonly kind: 'open' }
  | { readonly kind: 'append'; readonly written: ChainHead }
  | { readonly kind: 'anchor'; readonly line: string | undefined }
  | { readonly kind: 'list'; readonly rows: readonly AuditRow[] }
  | { readonly kind: 'verify'; readonly verified: Verified };

/** What it starts with. */
export interface LedgerWorkerData {
  readonly path: string;
  readonly keys: LedgerKeys;
}

export interface LedgerThreadOptions extends LedgerWorkerData {
  /** The module of the thread. */
  readonly worker?: URL;
  readonly deadlineMs?: number;
}

/** Above what a commit may wait for another process: one that takes longer hangs, and its thread is replaced. */
const WRITE_MS = 5000;
/** A thread that starts on a busy machine takes seconds, and nobody waits for a row yet. */
const START_MS = 15_000;
/** A chain of many years is read through in this time. */
const READ_MS = 3_600_000;

/**
 * Opens the audit chain in threads of its own: one writes, and one reads through it without holding that up.
 * A writer that died or hung is replaced; what it had written is remembered here, and its successor looks for it.
 */
export const openLedgerThread = async (options: LedgerThreadOptions): Promise<Ledger> => {
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const { path, keys, deadlineMs = WRITE_MS, worker: url = new URL(`ledger.worker${extension}`, import.meta.url) } = options;
  const kind = { name: 'audit', url, given: { path, keys } };
  const writer = openThread<Question, Answer, LedgerWorkerData>({ ...kind, deadlineMs });
  const reader = openThread<Question, Answer, LedgerWorkerData>({ ...kind, deadlineMs: READ_MS });
  let written: ChainHead | undefined;

  try {
    await ask(writer, { kind: 'open' }, Math.max(deadlineMs, START_MS));
  } catch (error) {
    await writer.close();
    throw error;
  }
  return {
    append: async (events) => {
      ({ written } = await ask(writer, { kind: 'append', events: prepared(events), written }));
    },
    anchor: async (now) => (await ask(writer, { kind: 'anchor', now, written })).line,
    list: async (limit, before) => (await ask(reader, { kind: 'list', limit, before })).rows,
    verify: async (anchors) => (await ask(reader, { kind: 'verify', anchors })).verified,
    close: async () => {
      await Promise.all([writer.close(), reader.close()]);
    },
  };
};

type To<Kind extends Question['kind']> = Extract<Answer, { readonly kind: Kind }>;

const ask = async <Kind extends Question['kind']>(
  thread: Thread<Question, Answer>,
  question: Extract<Question, { readonly kind: Kind }>,
  deadlineMs?: number,
): Promise<To<Kind>> => {
  const answer = await thread.ask(question, NEVER, deadlineMs);
  if (!isTo<Kind>(answer, question.kind)) throw new Error(`the thread answered ${answer.kind} to ${question.kind}`);
  return answer;
};

const isTo = <Kind extends Question['kind']>(answer: Answer, kind: Question['kind']): answer is To<Kind> => answer.kind === kind;

/** A row that is being written is not called back: whoever waits for it may go, it stays. */
const NEVER = new AbortController().signal;
