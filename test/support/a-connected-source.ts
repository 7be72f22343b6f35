import { onTestFinished } from 'vitest';
import { z } from 'zod';

import type { Connector, Due, Fetch } from '../../src/core/connector.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import type { Notice } from '../../src/core/notice.ts';
import { understandingOf } from '../../src/open-live.ts';
import { runSync, type SyncEnd } from '../../src/ingest/runner.ts';
import { createReadLive } from '../../src/sources/live.ts';
import { differences, dump } from '../kill/dump.ts';
import { type IndexInProcess, openIndex } from './index-in-process.ts';
import { person } from './looking.ts';

export interface ConnectedOptions<Settings> {
  readonly name?: string;
  /** What `differs` reads with, where two readers of one source get into each other's way. */
  readonly beside?: Settings;
  readonly fetch?: Fetch;
  readonly freshness?: Freshness;
}

/** A real source, read by the real runner into a real index. */
export interface ConnectedSource<Settings> {
  readonly index: IndexInProcess;
  readonly notices: readonly Notice[];
  readonly clock: { now: number };
  /** One run. Settings can differ from run to run. */
  sync(options?: SyncGiven<Settings>): Promise<SyncEnd>;
  /** Of these keys, those somebody may fetch. */
  sees(who: string, keys: readonly string[]): Promise<string[]>;
  /** The ids somebody finds. */
  finds(who: string, query: string): Promise<string[]>;
  fetched(who: string, key: string): Promise<string | undefined>;
  /** What is stored, against what one whole run of now stores in an empty index: nothing where they are the same, `but` for such lines. */
  differs(options?: { readonly but?: RegExp }): Promise<readonly string[]>;
}

export interface SyncGiven<Settings> {
  readonly settings?: Settings;
  readonly due?: Due;
  readonly signal?: AbortSignal;
  readonly acceptDeletions?: boolean;
}

/** Opens an index for a source, gone with the test. */
export const aConnectedSource = async <Settings, Cursor>(
  connector: Connector<Settings, Cursor>,
  settings: Settings,
  { name = 'app', beside = settings, fetch, freshness = DEFAULT_FRESHNESS }: ConnectedOptions<Settings> = {},
): Promise<ConnectedSource<Settings>> => {
  const clock = { now: Date.parse('2026-03-01T09:00:00Z') };
  const now = (): number => clock.now;
  const notices: Notice[] = [];
  const readLive = createReadLive({
    sources: new Map([[name, { connector, settings, folder: '/', fetch: fetch ?? noFetch }]]),
    understand: understandingOf(new Map()),
    now,
  });
  const open = async (): Promise<IndexInProcess> => {
    const rules = { ownedDomains: ['acme.test'], sources: new Map([[name, freshness]]) };
    const index = await openIndex({ rules, now, readLive, liveDeadlineMs: 10_000 });
    onTestFinished(() => index.close());
    return index;
  };
  const index = await open();
  const into = ({ store }: IndexInProcess, given: SyncGiven<Settings>): Promise<SyncEnd> =>
    runSync({
      store,
      connector,
      source: { name, settings: given.settings ?? settings, folder: '/', ...(given.due && { due: given.due }) },
      now,
      signal: given.signal ?? new AbortController().signal,
      notice: (notice) => void notices.push(notice),
      ...(given.acceptDeletions !== undefined && { acceptDeletions: given.acceptDeletions }),
      ...(fetch && { fetch }),
    });
  const fetched = async (who: string, key: string): Promise<string | undefined> => {
    await index.identify(person(who));
    const answer = await index.ask(person(who), 'fetch', { id: `${name}:${key}` });
    return 'output' in answer ? FETCHED.parse(answer.output).text : undefined;
  };
  return {
    index,
    notices,
    clock,
    sync: (given = {}) => into(index, given),
    fetched,
    sees: async (who, keys) => {
      const seen: string[] = [];
      for (const key of keys) if ((await fetched(who, key)) !== undefined) seen.push(key);
      return seen;
    },
    finds: async (who, query) => {
      await index.identify(person(who));
      const answer = await index.ask(person(who), 'search', { query, limit: 50 });
      if ('error' in answer) throw new Error(answer.error.message);
      return FOUND.parse(answer.output).results.map(({ id }) => id);
    },
    differs: async ({ but = /^$/u } = {}) => {
      const fresh = await open();
      const end = await into(fresh, { settings: beside });
      if (end.status === 'failed') throw new Error(end.problems.map(({ message }) => message).join('\n'));
      // Sets of readers that nobody names any more are left for the next whole listing.
      const said = ({ path }: IndexInProcess): string[] => meaning(path).filter((line) => !but.test(line));
      return differences(said(fresh), said(index)).filter((line) => !/^too much: item .*"key":"readers:/u.test(line));
    },
  };
};

const meaning = (path: string): string[] => dump(path).filter((line) => MEANT.test(line));

const noFetch: Fetch = () => Promise.reject(new Error('nothing is fetched here'));
const FETCHED = z.object({ text: z.string() });
const FOUND = z.object({ results: z.array(z.object({ id: z.string() })) });
const MEANT = /^(?:item|document|chunk|members|account) /u;
