import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { createEngine, type Engine } from '../../src/access/engine/engine.ts';
import { linkByEmail } from '../../src/access/link.ts';
import { createVisibility } from '../../src/access/visibility.ts';
import type { AuditEvent } from '../../src/core/audit.ts';
import { type Caller, type Identity, identityName } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import { type Connector, defineConnector } from '../../src/core/connector.ts';
import type { Embedder } from '../../src/core/embedder.ts';
import { AppError } from '../../src/core/errors.ts';
import type { LiveNeed, ReadLive } from '../../src/core/live.ts';
import { carriedBy, policyFor } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { View } from '../../src/core/view.ts';
import { runSync } from '../../src/ingest/runner.ts';
import { embedWaiting } from '../../src/ingest/vectors.ts';
import { type AnswerQuestion, createAnswer } from '../../src/reader/answer.ts';
import { confirmed } from '../../src/reader/confirm.ts';
import { type Live, openLive } from '../../src/reader/live.ts';
import { understood } from '../../src/reader/understood.ts';
import { type Call, type CallResult, createCall } from '../../src/server/call.ts';
import { cursorsFor } from '../../src/server/cursors.ts';
import { openReader } from '../../src/store/sqlite/reader.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { RunEnd, Store } from '../../src/store/store.ts';
import { explainAccessTool } from '../../src/tools/explain-access.ts';
import { fetchTool } from '../../src/tools/fetch.ts';
import { listSourcesTool } from '../../src/tools/list-sources.ts';
import { searchTool } from '../../src/tools/search.ts';
import { directionOf } from './asking.ts';
import { NO_WRITES } from './no-writes.ts';

export interface IndexOptions {
  readonly rules: Rules;
  /** ms since 1970; read at every step. */
  readonly now: () => number;
  readonly embedder?: Embedder;
  /** Who decides: memory, as it is served from, or SQL alone. */
  readonly decides?: 'memory' | 'sql';
  /** Asks a source about one document; without it what must be asked live is refused. */
  readonly readLive?: ReadLive;
  /** For one document that a source is asked about. */
  readonly liveDeadlineMs?: number;
}

/** A whole index in one process: real store, runner, reader, tools and the one path, without threads and pipes. */
export interface IndexInProcess {
  readonly store: Store;
  readonly path: string;
  readonly audited: AuditEvent[];
  readonly call: Call;
  /** One run of a source that says just this; `cut`: the source dies at the end of it. */
  sync(source: string, changes: readonly Change[], options?: { readonly cut?: boolean }): Promise<RunEnd | undefined>;
  /** What a tool would be handed. */
  view(identity: Identity, client: string): View;
  /** Answers without tools and audit: what a thread of the reader would say. */
  readonly answer: AnswerQuestion;
  /** How many chunks search would rank for somebody: what a mistake shows here is refused later, but has moved ranks by then. */
  ranked(identity: Identity, client: string): number;
  embed(): Promise<void>;
  /** Identifies somebody, and links them to the accounts their e-mail names. */
  identify(identity: Identity): Promise<void>;
  /** Asks as somebody who was identified before, through a client. */
  ask(identity: Identity, tool: ToolName, input: unknown, client?: string): Promise<CallResult>;
  /** Closes it, and leaves its file where it is. */
  leave(): Promise<void>;
  /** Closes it, and takes its folder away. */
  close(): Promise<void>;
}

/** All that can be asked. */
export const TOOLS = [searchTool, fetchTool, listSourcesTool, explainAccessTool];
export type ToolName = 'search' | 'fetch' | 'list_sources' | 'explain_access';

const MEMORY = '/dev/shm';

/** Opens a fresh index in a temporary folder, in memory where the system has such a place. */
export const openIndex = async (options: IndexOptions): Promise<IndexInProcess> => {
  const path = join(temporaryFolder(), 'index.db');
  copyFileSync(await emptyIndex(), path);
  return openIndexAt(path, options);
};

let blank: Promise<string> | undefined;

/** An index with nothing in it, made once: to copy it is cheaper than to make each. */
const emptyIndex = (): Promise<string> => (blank ??= makeEmpty());

const makeEmpty = async (): Promise<string> => {
  const folder = temporaryFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'index.db');
  await (await openStore({ path, now: Date.now })).close();
  return path;
};

/** Opens what is there already, as a process does that was started again. */
export const openIndexAt = async (
  path: string,
  { rules, now, embedder, decides = 'memory', readLive, liveDeadlineMs }: IndexOptions,
): Promise<IndexInProcess> => {
  const store = await openStore({ path, now });
  const reader = openReader(path);
  const engine = decides === 'sql' ? SQL_ALONE : createEngine(rules);
  const answer = createAnswer({ reader, rules, engine });
  const visibility = createVisibility(rules, { engine });
  const live = readLive && openLive({ read: readLive, now, ...(liveDeadlineMs !== undefined && { deadlineMs: liveDeadlineMs }) });
  const audited: AuditEvent[] = [];
  const call = createCall({
    tools: TOOLS,
    audit: { record: async (event) => void audited.push(event) },
    policyOf: ({ client }) => policyFor(rules, client),
    viewOf: ({ identity, client }) => viewOn({ answer, now, embedder, live }, { identity, client }),
    cursors: (caller, tool) => cursorsFor({ keys: [KEY], caller, tool, random: randomBytes }),
    now,
    requestId: () => 'request',
    onBug: (error) => {
      throw error;
    },
  });
  const leave = async (): Promise<void> => {
    reader.close();
    await store.close();
  };
  return {
    store,
    path,
    audited,
    call,
    answer,
    view: (identity, client) => viewOn({ answer, now, embedder, live }, { identity, client }),
    sync: (source, changes, { cut = false } = {}) => say({ store, now, source, changes, cut }),
    ranked: (identity, client) =>
      reader.read((reading) => {
        const held = visibility.of(reading, identity, now());
        return reading.snapshot(held, carriedBy(client, rules), now(), {}).count();
      }),
    embed: async () => {
      if (embedder) await embedWaiting({ store, embedder, signal: new AbortController().signal });
    },
    identify: async (identity) => {
      const known = await store.identify(identity, now());
      await linkByEmail(store, known, rules, now());
    },
    ask: (identity, tool, input, client = 'test') =>
      call(tool, input, async () => ({ identity, client, scopes: ['read'] }), new AbortController().signal),
    leave,
    close: async () => {
      await leave();
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
};

/** An engine that never knows. */
const SQL_ALONE: Engine = { hold: () => undefined, advance: () => false };

const KEY = new Uint8Array(32).fill(7);

const temporaryFolder = (): string => {
  try {
    return mkdtempSync(join(MEMORY, 'castellan-'));
  } catch {
    return mkdtempSync(join(tmpdir(), 'castellan-'));
  }
};

interface ViewParts {
  readonly answer: ReturnType<typeof createAnswer>;
  readonly now: () => number;
  readonly embedder: Embedder | undefined;
  readonly live: Live | undefined;
}

const viewOn = ({ answer, now, embedder, live }: ViewParts, who: Pick<Caller, 'identity' | 'client'>): View => {
  const asking = (signal: AbortSignal) =>
    live ? { live: (needs: readonly LiveNeed[]) => live.read(needs, { caller: identityName(who.identity), signal }) } : {};
  return {
    search: async (request, signal) => {
      const given = await understood({
        ask: (by) =>
          confirmed({
            ask: async (heard) => answer({ kind: 'search', ...who, ...heard, now: now(), request, ...by }),
            ...asking(signal),
          }),
        direction: await directionOf(request.query, embedder),
        former: async () => undefined,
      });
      if (given.kind !== 'search') throw new Error('not an answer to a search');
      return { ...given.found, basis: given.basis };
    },
    fetch: async (id, signal, { live: forced = false } = {}) => {
      const fingerprint = embedder && { fingerprint: embedder.fingerprint };
      const given = await confirmed({
        ask: async (heard) => answer({ kind: 'fetch', ...who, ...heard, now: now(), id, ...fingerprint }),
        ...asking(signal),
        forced,
      });
      if (given.kind !== 'fetch') throw new Error('not an answer to a fetch');
      return { found: given.found, basis: given.basis };
    },
    explain: async (id, signal) => {
      const given = await confirmed({
        ask: async (heard) => answer({ kind: 'explain', ...who, ...heard, now: now(), id }),
        ...asking(signal),
      });
      if (given.kind !== 'explain') throw new Error('not an answer to explain');
      return { found: given.found, basis: given.basis };
    },
    sources: async () => {
      const given = answer({ kind: 'sources', ...who, now: now() });
      if (given.kind !== 'sources') throw new Error('not an answer to sources');
      return { sources: given.found, basis: given.basis };
    },
    ...NO_WRITES,
  };
};

interface Saying {
  readonly store: Store;
  readonly now: () => number;
  readonly source: string;
  readonly changes: readonly Change[];
  readonly cut: boolean;
}

/** One run of a source that says just this, into any store. */
export const say = ({ store, now, source, changes, cut }: Saying): Promise<RunEnd> =>
  runSync({
    store,
    connector: saying(changes, cut),
    source: { name: source, settings: {}, folder: '/', urlTemplate: 'castellan:<id>', hosts: [], maxDeleteRatio: 0.2 },
    now,
    signal: new AbortController().signal,
  });

/** A source that says what it is told to, and nothing of its own. */
const saying = (changes: readonly Change[], cut: boolean): Connector =>
  defineConnector({
    name: 'said',
    title: 'What a test says',
    settings: z.unknown(),
    cursor: z.unknown(),
    operations: [],
    hosts: () => [],
    sync: async function* () {
      yield* changes;
      if (cut) throw new AppError('source_unavailable', 'The source died here.');
    },
  });
