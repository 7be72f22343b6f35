import { extname } from 'node:path';

import { type Caller, identityName } from '../core/caller.ts';
import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import type { Footing, FootingAsked } from '../core/footing.ts';
import type { ReadLive } from '../core/live.ts';
import type { Rules } from '../core/rules.ts';
import type { ReadView } from '../core/view.ts';
import { openPool } from '../thread/pool.ts';
import type { Asking } from '../thread/turns.ts';
import { confirmed } from './confirm.ts';
import { openLive } from './live.ts';
import { openMeanings } from './meanings.ts';
import type { Answer, AnswerTo, Asker, Question, ViewWorkerData } from './question.ts';
import { understood } from './understood.ts';

/** How views are opened. */
export interface ViewsOptions {
  readonly indexPath: string;
  readonly rules: Rules;
  /** Opens the model by which queries are understood; without one there are only words. */
  readonly embedder?: () => Promise<Embedder>;
  /** Opens a model that was in use before; undefined where it is none that can be opened. */
  readonly formerEmbedder?: (fingerprint: string) => (() => Promise<Embedder>) | undefined;
  /** Asks a source about one document; without it what must be asked is refused. */
  readonly readLive?: ReadLive;
  /** For one document, its turn included. */
  readonly liveDeadlineMs?: number;
  readonly now: () => number;
  /** How many questions are answered at the same time. */
  readonly threads?: number;
  readonly deadlineMs?: number;
}

/** Gives every caller their view of one index. */
export interface Views {
  of(caller: Caller): ReadView;
  /** How somebody stands in a source they would write in. */
  footing(caller: Caller, asked: FootingAsked, signal: AbortSignal): Promise<Footing>;
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
  const { now, deadlineMs = DEADLINE_MS, indexPath, rules, threads = 1, readLive, liveDeadlineMs } = options;
  const extension = extname(import.meta.filename); // .ts where it is run as it was written, .js where it was compiled
  const pool = openPool<Question, Answer, ViewWorkerData>({
    name: 'search',
    url: new URL(`view.worker${extension}`, import.meta.url),
    given: { indexPath, rules },
    deadlineMs,
    size: threads,
  });
  const meanings = openMeanings(options);
  let damage: AppError | undefined;

  const ask = async (question: Question, asking: Asking): Promise<Answer> => {
    if (damage) throw damage; // whichever thread met it
    const answer = await pool.ask(question, asking);
    if (answer.kind === 'damaged') damage ??= new AppError('unavailable', answer.message);
    if (damage) throw damage;
    return answer;
  };

  const live = readLive && openLive({ read: readLive, now, ...(liveDeadlineMs !== undefined && { deadlineMs: liveDeadlineMs }) });
  /** Asks the index, and the sources that must be asked. */
  const confirm = (
    question: Searched | Fetched | Explained,
    { identity, client }: Caller,
    asking: Asking,
    forced = false,
  ): ReturnType<typeof confirmed> =>
    confirmed({
      ask: (heard) => ask({ ...question, ...heard, identity, client, now: now() }, asking),
      ...(live && { live: (needs) => live.read(needs, asking) }),
      forced,
    });

  const viewOf = (who: Caller): ReadView => {
    const { identity, client } = who;
    const caller = identityName(identity);
    return {
      search: async (request, signal) => {
        const asking = { caller, signal };
        const fingerprint = request.query === '' ? await meanings.fingerprint() : undefined;
        const answer = await understood({
          ask: (by) =>
            confirm({ kind: 'search', request, ...by, ...(fingerprint !== undefined && { fingerprint }) }, who, asking),
          direction: request.query === '' ? undefined : await meanings.of(request.query, asking),
          former: (fingerprint) => meanings.former(fingerprint, request.query, asking),
        });
        const { found, basis } = to('search', answer);
        return { ...found, basis };
      },
      fetch: async (id, signal, { live: forced = false } = {}) => {
        const fingerprint = await meanings.fingerprint();
        const question = { kind: 'fetch', id, ...(fingerprint !== undefined && { fingerprint }) } as const;
        const { found, basis } = to('fetch', await confirm(question, who, { caller, signal }, forced));
        return { found, basis };
      },
      explain: async (id, signal) => {
        const { found, basis } = to('explain', await confirm({ kind: 'explain', id }, who, { caller, signal }));
        return { found, basis };
      },
      sources: async (signal) => {
        const { found, basis } = to('sources', await ask({ identity, client, now: now(), kind: 'sources' }, { caller, signal }));
        return { sources: found, basis };
      },
    };
  };

  const close = async (): Promise<void> => {
    await Promise.all([pool.close(), meanings.close()]);
  };
  const check = async (): Promise<void> => {
    to('open', await ask({ kind: 'open' }, { caller: '', signal: new AbortController().signal }));
  };
  try {
    await check();
  } catch (error) {
    await close();
    throw error;
  }
  const footing: Views['footing'] = async (who, asked, signal) => {
    const { identity, client } = who;
    const asking = { caller: identityName(identity), signal };
    return to('footing', await ask({ kind: 'footing', ...asked, identity, client, now: now() }, asking)).found;
  };
  return { of: viewOf, footing, check, close };
};

type Searched = Omit<Extract<Question, { readonly kind: 'search' }>, keyof Asker>;
type Fetched = Omit<Extract<Question, { readonly kind: 'fetch' }>, keyof Asker>;
type Explained = Omit<Extract<Question, { readonly kind: 'explain' }>, keyof Asker>;

/** The answer of the kind that was asked for. */
const to = <Kind extends Answer['kind']>(kind: Kind, answer: Answer): AnswerTo<Kind> => {
  if (isOf(answer, kind)) return answer;
  throw new Error(`the thread answered ${answer.kind} to ${kind}`);
};

const isOf = <Kind extends Answer['kind']>(answer: Answer, kind: Kind): answer is AnswerTo<Kind> => answer.kind === kind;
