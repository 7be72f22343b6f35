import type { Caller } from '../core/caller.ts';
import type { Rules } from '../core/rules.ts';
import type { View } from '../core/view.ts';
import type { Answer, AnswerTo, Asker, Question, ViewWorkerData } from './question.ts';
import { openThread } from '../thread/thread.ts';

/** How views are opened. */
export interface ViewsOptions {
  readonly indexPath: string;
  readonly rules: Rules;
  readonly embedder: ViewWorkerData['embedder'];
  readonly now: () => number;
  readonly deadlineMs?: number;
}

/** Gives every caller their view of one index. */
export interface Views {
  of(caller: Caller): View;
  close(): Promise<void>;
}

/** Far above the worst measured query, the first one included, which loads the model. */
const DEADLINE_MS = 15_000;

/** Opens the views of an existing index; every question is answered in a thread of its own. Rejects with `unavailable` when the index cannot be read. */
export const openViews = async (options: ViewsOptions): Promise<Views> => {
  const { now, deadlineMs = DEADLINE_MS, indexPath, rules, embedder } = options;
  const given: ViewWorkerData = { indexPath, rules, embedder };
  const url = new URL('view.worker.ts', import.meta.url);
  const thread = openThread<Question, Answer, ViewWorkerData>({ url, given, deadlineMs });

  const ask = async <Kind extends Question['kind']>(
    question: Extract<Question, { readonly kind: Kind }>,
    signal: AbortSignal,
  ): Promise<AnswerTo<Kind>> => {
    const answer = await thread.ask(question, signal);
    if (!isTo<Kind>(answer, question.kind)) throw new Error(`the thread answered ${answer.kind} to ${question.kind}`);
    return answer;
  };

  const viewOf = ({ identity, client }: Caller): View => {
    const asker = (): Asker => ({ identity, client, now: now() });
    return {
      search: async (request, signal) => {
        const { found, basis } = await ask<'search'>({ ...asker(), kind: 'search', request }, signal);
        return { ...found, basis };
      },
      fetch: async (id, signal) => {
        const { found, basis } = await ask<'fetch'>({ ...asker(), kind: 'fetch', id }, signal);
        return { found, basis };
      },
      sources: async (signal) => {
        const { found, basis } = await ask<'sources'>({ ...asker(), kind: 'sources' }, signal);
        return { sources: found, basis };
      },
    };
  };

  try {
    await ask<'open'>({ kind: 'open' }, new AbortController().signal);
  } catch (error) {
    await thread.close();
    throw error;
  }
  return { of: viewOf, close: () => thread.close() };
};

const isTo = <Kind extends Answer['kind']>(answer: Answer, kind: Answer['kind']): answer is AnswerTo<Kind> =>
  answer.kind === kind;
