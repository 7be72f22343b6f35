import type { Identity } from '../../src/core/caller.ts';
import type { Embedder } from '../../src/core/embedder.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { SearchRequest } from '../../src/core/view.ts';
import { createAnswer } from '../../src/reader/answer.ts';
import type { AnswerTo, Direction, Question } from '../../src/reader/question.ts';
import type { Reader } from '../../src/store/reader.ts';
import type { AnIndex } from './an-index.ts';
import { only } from './builders.ts';
import { person, rulesFor } from './looking.ts';
import { document } from './new-document.ts';

interface Options {
  readonly rules?: Rules;
  /** Without one, nothing can be found by meaning. */
  readonly embedder?: Embedder;
  readonly reader?: Reader;
  readonly client?: string;
}

/** Asks an index as somebody, at a time. */
export const asking = (
  index: AnIndex,
  { rules = rulesFor('wiki'), reader = index.reader(), embedder, client = 'test' }: Options = {},
) => {
  const answer = createAnswer({ reader, rules });
  const ask = async <Kind extends Question['kind']>(question: Question & { kind: Kind }): Promise<AnswerTo<Kind>> => {
    const given = answer(question);
    if (!isTo<Kind>(given, question.kind)) throw new Error(`answered ${given.kind}`);
    return given;
  };
  const through = (client: string) => ({
    search: async (who: string | Identity, given: Partial<SearchRequest> = {}, now = 0) => {
      const request = { query: 'spring', limit: 10, offset: 0, ...given };
      const meaning = await directionOf(request.query, embedder);
      return ask<'search'>({
        kind: 'search',
        identity: identityOf(who),
        client,
        now,
        request,
        settled: true,
        ...(meaning && { meaning }),
      });
    },
    fetch: (who: string | Identity, id = 'wiki:plan', now = 0) =>
      ask<'fetch'>({
        kind: 'fetch',
        identity: identityOf(who),
        client,
        now,
        id,
        ...(embedder && { fingerprint: embedder.fingerprint }),
      }),
    sources: (who: string | Identity, now = 0) => ask<'sources'>({ kind: 'sources', identity: identityOf(who), client, now }),
  });
  /** Through another client, with all that is kept between questions. */
  return { ...through(client), through };
};

const identityOf = (who: string | Identity): Identity => (typeof who === 'string' ? person(who) : who);

const isTo = <Kind extends Question['kind']>(given: { kind: string }, kind: string): given is AnswerTo<Kind> =>
  given.kind === kind;

/** Which way a query points, by a model that may be there. */
export const directionOf = async (query: string, embedder: Embedder | undefined): Promise<Direction | undefined> =>
  embedder && { vector: await embedder.embed(query), fingerprint: embedder.fingerprint };

/** The ids a search found, in order. */
export const ids = ({ found }: AnswerTo<'search'>): string[] => found.hits.map(({ document: { id } }) => id);

/** Twelve documents, one of three of them Bob's alone. */
export const TWELVE = Array.from({ length: 12 }, (_, at) =>
  document({ key: `k${String(at).padStart(2, '0')}`, acl: only(at % 3 === 0 ? 'person:bob@acme.test' : 'everyone') }),
);
