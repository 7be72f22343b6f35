import { onTestFinished } from 'vitest';
import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import type { Identity } from '../../src/core/caller.ts';
import { type Connector, defineConnector, type Fetch } from '../../src/core/connector.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import type { Freshness } from '../../src/core/freshness.ts';
import type { LiveNeed, ReadLive } from '../../src/core/live.ts';
import type { Rules } from '../../src/core/rules.ts';
import { understandingOf } from '../../src/open-live.ts';
import type { CallResult } from '../../src/server/call.ts';
import { createReadLive } from '../../src/sources/live.ts';
import { aDocument } from './builders.ts';
import { openIndex, type IndexInProcess } from './index-in-process.ts';
import { person } from './looking.ts';

const HOUR = 3_600_000;

/** Both must be confirmed by the source once an hour has gone. */
export const LIVE: Freshness = {
  content: { within: HOUR, onBreach: 'live' },
  permissions: { within: HOUR, onBreach: 'live' },
};

/** What a source says of a key: a document, that there is none, or whatever it does instead. */
export type Says = SourceDocument | 'gone' | 'forbidden' | ((signal: AbortSignal) => Promise<SourceDocument | 'gone'>);

/** A source that can be asked, and that counts by how much it is. */
export interface ASource {
  readonly connector: Connector;
  /** Of keys that are not here it says what was synced. */
  readonly says: Map<string, Says>;
  readonly asked: { readonly key: string; readonly as?: Account; readonly signal: AbortSignal }[];
}

/** An index with a source `wiki` that must be asked when an hour has gone since its last sync. */
export interface ALiveIndex extends Pick<IndexInProcess, 'audited' | 'store'> {
  readonly source: ASource;
  /** ms since 1970; set it to let time pass. */
  readonly clock: { now: number };
  readonly sync: (documents: readonly SourceDocument[], others?: readonly Change[]) => Promise<void>;
  readonly as: (who: string | Identity, client?: string) => Asker;
}

/** What somebody asks. */
export interface Asker {
  identify(): Promise<void>;
  search(input?: object): Promise<CallResult>;
  fetch(key?: string, input?: object): Promise<CallResult>;
  list(): Promise<CallResult>;
}

export interface LiveIndexOptions {
  readonly rules?: Partial<Rules>;
  readonly freshness?: Freshness;
  readonly deadlineMs?: number;
  /** Stands between the answer and the source. */
  readonly between?: (need: LiveNeed) => Promise<void>;
}

const noHost: Fetch = () => Promise.reject(new Error('no host is reached in a test'));

/** Opens one, gone with the test. */
export const aLiveIndex = async (options: LiveIndexOptions = {}): Promise<ALiveIndex> => {
  const { rules = {}, freshness = LIVE, deadlineMs, between = async () => undefined } = options;
  const clock = { now: Date.UTC(2026, 0, 5) };
  const now = (): number => clock.now;
  const source = aSource();
  const read = createReadLive({
    sources: new Map([['wiki', { connector: source.connector, settings: {}, folder: '/', fetch: noHost }]]),
    understand: understandingOf(new Map()),
    now,
  });
  const readLive: ReadLive = async (need, signal) => {
    await between(need);
    return read(need, signal);
  };
  const index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', freshness]]), ...rules },
    now,
    readLive,
    ...(deadlineMs !== undefined && { liveDeadlineMs: deadlineMs }),
  });
  onTestFinished(() => index.close());
  return {
    audited: index.audited,
    store: index.store,
    source,
    clock,
    sync: async (documents, others = []) => {
      const changes: Change[] = documents.map((document) => ({ type: 'document', document }));
      await index.sync('wiki', [{ type: 'listing' }, ...others, ...changes, { type: 'complete' }]);
      for (const document of documents) source.says.set(document.key, document);
    },
    as: (who, client = 'test') => {
      const identity = typeof who === 'string' ? person(who) : who;
      return {
        identify: () => index.identify(identity),
        search: (input = {}) => index.ask(identity, 'search', { query: 'spring', ...input }, client),
        fetch: (key = 'plan', input = {}) => index.ask(identity, 'fetch', { id: `wiki:${key}`, ...input }, client),
        list: () => index.ask(identity, 'list_sources', {}, client),
      };
    },
  };
};

const aSource = (): ASource => {
  const says = new Map<string, Says>();
  const asked: ASource['asked'] = [];
  const connector = defineConnector<unknown, unknown>({
    name: 'asked',
    title: 'What a test asks',
    settings: z.unknown(),
    cursor: z.unknown(),
    operations: [],
    hosts: () => [],
    sync: async function* () {},
    read: async (key, { signal }, as) => {
      asked.push({ key, signal, ...(as && { as }) });
      const said = says.get(key) ?? 'gone';
      return typeof said === 'function' ? said(signal) : said;
    },
  });
  return { connector, says, asked };
};

/** As many documents as these, best first: the one before says the word once more. */
export const ranked = (count: number, given: Partial<SourceDocument> = {}): SourceDocument[] =>
  Array.from({ length: count }, (_, at) => aDocument({ ...given, key: `k${String(at).padStart(2, '0')}` }));

const found = z.object({
  output: z.object({
    results: z.array(z.object({ id: z.string(), metadata: z.looseObject({}) })),
    next_cursor: z.string().optional(),
  }),
});
const fetched = z.object({ output: z.object({ text: z.string(), metadata: z.looseObject({}) }) });

/** The keys that a search found, in order. */
export const keysOf = (result: CallResult): string[] =>
  found.parse(result).output.results.map(({ id }) => id.slice('wiki:'.length));

/** Where the next page begins. */
export const cursorOf = (result: CallResult): string | undefined => found.parse(result).output.next_cursor;

/** What a fetch says of the document. */
export const metadataOf = (result: CallResult): Record<string, unknown> => fetched.parse(result).output.metadata;
