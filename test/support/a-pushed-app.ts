import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { accountOf, groupOf } from '../../connectors/scim/map.ts';
import { scim as connector } from '../../connectors/scim/sync.ts';
import type { Bearer, Tokens } from '../../src/access/token.ts';
import { AppError } from '../../src/core/errors.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import type { Rules } from '../../src/core/rules.ts';
import { Secret } from '../../src/core/secret.ts';
import { runSync } from '../../src/ingest/runner.ts';
import { addressOf } from '../../src/server/http/address.ts';
import { createLimits } from '../../src/server/http/limits.ts';
import { createMcpRoute } from '../../src/server/http/mcp-route.ts';
import { createScimRoute } from '../../src/server/http/scim-route.ts';
import { createAsking } from '../../src/server/scim/asking.ts';
import { express } from '../../src/server/scim/directory.ts';
import { openPushedStore } from '../../src/store/sqlite/pushed-store.ts';
import type { RunEnd } from '../../src/store/store.ts';
import { searchTool } from '../../src/tools/search.ts';
import { anHttpApp, PUBLIC_URL } from './an-http-app.ts';
import { type IndexInProcess, openIndex } from './index-in-process.ts';
import { answerIn, toolCall } from './mcp-messages.ts';

/** What the provider of a test shows. */
export const PUSH_TOKEN = 'a-token-that-only-the-provider-has';

/** What a provider hears. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Push {
  readonly method?: string;
  /** What is no text is sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Empty: none. */
  readonly token?: string;
}

/** The real app on a real index, in this process, with a directory that is pushed to it. */
export interface APushedApp {
  readonly index: IndexInProcess;
  readonly http: ReturnType<typeof anHttpApp>;
  /** One request below `/scim/v2`. */
  push(path: string, push?: Push): Promise<Heard>;
  /** The same for a resource that must be made: its id. */
  make(path: '/Users' | '/Groups', body: object): Promise<string>;
  /** The ids that somebody finds, through `/mcp`. */
  search(name: string): Promise<readonly string[]>;
  /** One run of the directory as a source. */
  confirm(): Promise<RunEnd>;
  remove(): Promise<void>;
}

export interface PushedAppOptions {
  readonly now?: () => number;
  readonly perMinute?: number;
  readonly patienceMs?: number;
}

const RULES: Rules = {
  ownedDomains: ['acme.test'],
  sources: new Map([
    ['people', DEFAULT_FRESHNESS],
    ['wiki', DEFAULT_FRESHNESS],
  ]),
  directory: 'people',
};

/** Opens it. */
export const aPushedApp = async ({
  now = () => Date.now(),
  perMinute = 100_000,
  patienceMs = 5000,
}: PushedAppOptions = {}): Promise<APushedApp> => {
  const index = await openIndex({ rules: RULES, now });
  const address = addressOf(PUBLIC_URL);
  const meaning = { accountOf, groupOf };
  const ask = createAsking({
    open: (clock) =>
      openPushedStore({
        path: index.path,
        source: 'people',
        connector: 'scim',
        now: clock,
        express: (change, pushed) => express(change, meaning, pushed),
      }),
    meaning,
    base: `${PUBLIC_URL}/scim/v2`,
    patienceMs,
  });
  const mcp = createMcpRoute({
    address,
    identify: async (identity) => {
      await index.identify(identity);
      return identity;
    },
    onError: () => undefined,
    call: index.call,
    toolsFor: () => [searchTool],
    version: '0',
  });
  const http = anHttpApp({
    mcp,
    tokens: emailTokens,
    now,
    scim: createScimRoute({
      source: 'people',
      token: new Secret(PUSH_TOKEN),
      thread: { ask: (question) => ask(question), close: async () => undefined },
      limits: createLimits({ perMinute, atOnce: 32, now }),
      audit: { record: async (event) => void index.audited.push(event) },
      now,
      newId: randomUUID,
    }),
  });
  const app: APushedApp = {
    index,
    http,
    push: async (path, { method = 'GET', body, headers = {}, token = PUSH_TOKEN } = {}) => {
      const response = await http.request(`/scim/v2${path}`, {
        method,
        headers: {
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? {} : z.record(z.string(), z.unknown()).parse(JSON.parse(text)),
      };
    },
    make: async (path, body) => {
      const { status, body: made } = await app.push(path, { method: 'POST', body });
      if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(made)}`);
      return z.object({ id: z.string() }).parse(made).id;
    },
    search: async (name) => {
      const response = await http.post(name, toolCall('2026-07-28', 'search', { query: 'spring', limit: 50 }));
      const { results } = foundSchema.parse(answerIn(await response.text())).result.structuredContent;
      return results.map(({ id }) => id).toSorted();
    },
    confirm: async () =>
      runSync({
        store: index.store,
        connector,
        source: {
          name: 'people',
          settings: { token: new Secret(PUSH_TOKEN) },
          folder: '/',
          urlTemplate: 'castellan:<id>',
          hosts: [],
          maxDeleteRatio: 0.2,
        },
        now,
        signal: new AbortController().signal,
      }),
    remove: () => index.close(),
  };
  await ask({ open: true, now: now() });
  return app;
};

/** A token is the name of whoever sends it: what stands before their `@`. */
const emailTokens: Tokens = {
  verify: async (name): Promise<Bearer> => {
    if (!/^[a-z.]+$/u.test(name)) throw new AppError('unauthenticated', 'It is not good.');
    const email = `${name}@acme.test`;
    return {
      identity: { issuer: 'test', subject: name, email },
      client: 'test',
      scopes: ['read'],
      expiresAt: Number.MAX_SAFE_INTEGER,
    };
  },
};

const foundSchema = z.object({
  result: z.object({ structuredContent: z.object({ results: z.array(z.object({ id: z.string() })) }) }),
});
