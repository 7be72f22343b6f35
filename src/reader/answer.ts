import { createEngine, type Engine } from '../access/engine/engine.ts';
import { createVisibility } from '../access/visibility.ts';
import { AppError, unreachable } from '../core/errors.ts';
import { explain } from '../core/explain.ts';
import type { LiveNeed } from '../core/live.ts';
import { ownPath } from '../core/own-path.ts';
import { type Carried, carriedBy } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { SearchFound, VisibleSource } from '../core/view.ts';
import { list } from '../retrieval/list.ts';
import { rank } from '../retrieval/rank.ts';
import { snippet } from '../retrieval/snippet.ts';
import { contentHashOf } from '../store/content-hash.ts';
import type { Reader, StoredChunk, StoredDocument, VisibleRow } from '../store/reader.ts';
import { footing } from './footing.ts';
import { passage, visibleDocument } from './found.ts';
import type { Answer, AnswerTo, Question } from './question.ts';
import { type Decided, redecide, redecideRows } from './redecide.ts';

/** What questions are answered with. */
export interface AnswerParts {
  readonly reader: Reader;
  readonly rules: Rules;
  /** Decides from memory what it can. */
  readonly engine?: Engine;
}

/** Answers one question from one read transaction. */
export type AnswerQuestion = (question: Question) => Answer;

/** Ranking looks no further than this many documents, whatever the page; a list, than this many beyond those before it. */
const RANKED = 100;

/** Builds the answering of questions; what it keeps between them are visibilities. */
export const createAnswer = ({ reader, rules, engine = createEngine(rules) }: AnswerParts): AnswerQuestion => {
  const visibility = createVisibility(rules, { engine });

  const search = (asked: Asked<'search'>): AnswerTo<'search' | 'former' | 'pending'> => {
    const { identity, client, now, request, meaning, settled, fingerprint = meaning?.fingerprint, ...heard } = asked;
    const { query, limit, offset, ...filter } = request;
    const listed = query === '' && filter.where !== undefined;
    const carried = carriedBy(client, rules);
    return reader.read((reading) => {
      const held = visibility.of(reading, identity, now);
      const snapshot = reading.snapshot(held, carried, now, filter);
      const former = meaning && !settled ? snapshot.formerModel(meaning.fingerprint) : undefined;
      if (former !== undefined) return { kind: 'former', fingerprint: former };
      const { places, partial = false } = listed
        ? list(snapshot, offset + RANKED)
        : { places: rank(snapshot, { query, ...(meaning && { meaning }), limit: RANKED }) };
      const decide = redecide(reading, { identity, rules, carried, now, ...(filter.where && { where: filter.where }) }, heard);
      const shown: { readonly decided: Decided; readonly ordinal: number }[] = [];
      const pending: LiveNeed[] = [];
      for (const { documentId, ordinal } of places) {
        const verdict = decide(documentId);
        if (typeof verdict === 'string') continue;
        if ('need' in verdict) pending.push(verdict.need);
        else shown.push({ decided: verdict, ordinal });
        const hoped = heard.unheard === 'ranked' ? 0 : pending.length;
        if (shown.length + hoped > offset + limit) break; // one more than is shown, to know that there is more
      }
      if (pending.length > 0) return { kind: 'pending', needs: pending };
      const hits = shown.slice(offset, offset + limit).map(({ decided, ordinal }): SearchFound['hits'][number] => {
        const [chunk] = reading.chunks(decided.stored.item, [ordinal]);
        if (!chunk) throw new Error(`chunk ${ordinal} was ranked and is not there`);
        const text = snippet(chunk.text, query);
        return { document: visibleDocument(decided), passage: passage(decided, chunk, fingerprint, text) };
      });
      const before = shown.slice(0, offset).map(({ decided }) => visibleDocument(decided).id);
      const more = shown.length > offset + limit;
      return {
        kind: 'search',
        found: {
          hits,
          before,
          more,
          degraded: meaning || listed ? [] : ['semantic_unavailable'],
          ...(partial && { partial }),
        },
        basis: reading.basis,
      };
    });
  };

  const fetch = ({ identity, client, now, id, fingerprint, ...heard }: Asked<'fetch'>): AnswerTo<'fetch' | 'pending'> =>
    reader.read((reading) => {
      const { basis } = reading;
      const decided = redecide(reading, { identity, rules, carried: carriedBy(client, rules), now }, heard)(id);
      if (typeof decided === 'string') return { kind: 'fetch', found: decided, basis };
      if ('need' in decided) return { kind: 'pending', needs: [decided.need] };
      const chunks = reading.chunks(decided.stored.item);
      assertWhole(decided.stored, chunks);
      const passages = chunks.map((chunk) => passage(decided, chunk, fingerprint));
      return { kind: 'fetch', found: { document: visibleDocument(decided), passages }, basis };
    });

  const explained = ({ identity, client, now, id, ...heard }: Asked<'explain'>): AnswerTo<'explain' | 'pending'> =>
    reader.read((reading) => {
      const decided = redecide(reading, { identity, rules, carried: carriedBy(client, rules), now }, heard)(id);
      if (typeof decided === 'string') return { kind: 'explain', found: decided, basis: reading.basis };
      if ('need' in decided) return { kind: 'pending', needs: [decided.need] };
      const { acl, source } = decided.stored;
      const path = ownPath(explain(acl.value, reading.facts(source, identity, rules, now)));
      if (!path) throw new Error('what was decided could not be explained');
      return { kind: 'explain', found: { document: visibleDocument(decided), path }, basis: reading.basis };
    });

  const sources = ({ identity, client, now }: Asked<'sources'>): AnswerTo<'sources'> =>
    reader.read((reading) => {
      const carried = carriedBy(client, rules);
      const holds = redecideRows(reading, { identity, rules, carried, now });
      const rows = reading.visibleSources(visibility.of(reading, identity, now), carried, now);
      const found = bySource(rows.filter(holds), carried);
      return { kind: 'sources', found, basis: reading.basis };
    });

  return (question) => {
    switch (question.kind) {
      case 'open':
        return { kind: 'open', basis: reader.read(({ basis }) => basis) };
      case 'search':
        return search(question);
      case 'fetch':
        return fetch(question);
      case 'explain':
        return explained(question);
      case 'sources':
        return sources(question);
      case 'footing':
        return reader.read((reading) => footing(reading, question, rules));
      default:
        return unreachable(question);
    }
  };
};

/** A flipped byte in a text passes every check of the database file: what was hashed when it was read must still be there. */
const assertWhole = ({ title, contentHash }: StoredDocument, chunks: readonly StoredChunk[]): void => {
  if (contentHashOf(title, chunks.map(({ text }) => text).join('')) === contentHash) return;
  throw new AppError(
    'unavailable',
    'The index is damaged: a document is not what was stored. Restore it from a backup, or move it away and run: castellan sync',
  );
};

type Asked<Kind extends Question['kind']> = Extract<Question, { readonly kind: Kind }>;

/** One entry a source, by name; every number is over visible documents alone. */
const bySource = (rows: readonly VisibleRow[], { sources }: Carried): VisibleSource[] =>
  [...Map.groupBy(rows, ({ source }) => source)]
    .flatMap(([name, ofSource]): VisibleSource[] => {
      const freshness = sources.get(name);
      if (!freshness) return [];
      return [
        {
          name,
          types: [...new Set(ofSource.map(({ type }) => type))].toSorted(),
          fields: [...new Set(ofSource.flatMap(({ fields }) => fields))].toSorted(),
          promise: { contentWithin: freshness.content.within, permissionsWithin: freshness.permissions.within },
          updatedAt: ofSource.reduce((newest, row) => Math.max(newest, row.updatedAt), 0),
          syncedAt: ofSource.reduce((oldest, row) => Math.min(oldest, row.syncedAt), Infinity),
          permissionsSyncedAt: ofSource.reduce((oldest, row) => Math.min(oldest, row.permissionsSyncedAt), Infinity),
        },
      ];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
