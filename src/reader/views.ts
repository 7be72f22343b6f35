import { extname } from 'node:path';

import { type Caller, identityName } from '../core/caller.ts';
import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import type { Rules } from '../core/rules.ts';
import type { View } from '../core/view.ts';
import { openPool } from '../thread/pool.ts';
import type { Asking } from '../thread/turns.ts';
import { openMeaning } from './meaning.ts';
import type { Answer, AnswerTo, Asker, Question, ViewWorkerData } from './question.ts';

/** How views are opened. */
export interface ViewsOptions {
  readonly indexPath: string;
  readonly rules: Rules;
  /** Opens the model by which queries are understood; without one there are only words. */
  readonly embedder?: () => Promise<Embedder>;
  readonly now: () => number;
  /** How many questions are answered at the same time. */
  readonly threads?: number;
  readonly deadlineMs?: number;
}

/** Gives every caller their view of one index. */
export interface Views {
  of(caller: Caller): View;
  /** Rejects with `unavailable` where the index cannot be read. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Far above the worst measured query. */
const DEADLINE_MS = 15_000;

/** How many questions a machine answers well at the same time, where many people ask. */
export const threadsFor = (cores: number): number => Math.min(4, Math.max(2, cores));

/** Opens the views of an existing index; questions are answered in threads of their own. Rejects with `unavailable` when the index cannot be read. */
export const openViews = async (options: ViewsOptions): Promise<Views> => {
  const { now, deadlineMs = DEADLINE_MS, indexPath, rules, embedder, threads = 1 } = options;
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const pool = openPool<Question, Answer, ViewWorkerData>({
    name: 'search',
    url: new URL(`view.worker${extension}`, import.meta.url),
    given: { indexPath, rules },
    deadlineMs,
    size: threads,
  });
  const meaning = embedder && openMeaning({ open: embedder, now });
  let damage: AppError | undefined;

  const ask = async <Kind extends Question['kind']>(
    question: Extract<Question, { readonly kind: Kind }>,
    asking: Asking,
  ): Promise<AnswerTo<Kind>> => {
    if (damage) throw damage; // whichever thread met it
    const answer = await pool.ask(question, asking);
    if (answer.kind === 'damaged') damage ??= new AppError('unavailable', answer.message);
    if (damage) throw damage;
    if (!isTo<Kind>(answer, question.kind)) throw new Error(`the thread answered ${answer.kind} to ${question.kind}`);
    return answer;
  };

  const viewOf = ({ identity, client }: Caller): View => {
    const caller = identityName(identity);
    const asker = (): Asker => ({ identity, client, now: now() });
    return {
      search: async (request, signal) => {
        const by = asker();
        const direction = await meaning?.of(request.query, { caller, signal });
        const question = { ...by, kind: 'search', request, ...(direction && { meaning: direction }) } as const;
        const { found, basis } = await ask<'search'>(question, { caller, signal });
        return { ...found, basis };
      },
      fetch: async (id, signal) => {
        const by = asker();
        const fingerprint = await meaning?.fingerprint();
        const question = { ...by, kind: 'fetch', id, ...(fingerprint !== undefined && { fingerprint }) } as const;
        const { found, basis } = await ask<'fetch'>(question, { caller, signal });
        return { found, basis };
      },
      explain: async (id, signal) => {
        const { found, basis } = await ask<'explain'>({ ...asker(), kind: 'explain', id }, { caller, signal });
        return { found, basis };
      },
      sources: async (signal) => {
        const { found, basis } = await ask<'sources'>({ ...asker(), kind: 'sources' }, { caller, signal });
        return { sources: found, basis };
      },
    };
  };

  const close = async (): Promise<void> => {
    await Promise.all([pool.close(), meaning?.close()]);
  };
  const check = async (): Promise<void> => {
    await ask<'open'>({ kind: 'open' }, { caller: '', signal: new AbortController().signal });
  };
  try {
    await check();
  } catch (error) {
    await close();
    throw error;
  }
  return { of: viewOf, check, close };
};

const isTo = <Kind extends Answer['kind']>(answer: Answer, kind: Answer['kind']): answer is Extract<Answer, { kind: Kind }> =>
  answer.kind === kind;
