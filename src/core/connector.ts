import type { z } from 'zod';

import type { Change } from './change.ts';
import type { Account, SourceDocument } from './document.ts';

/** A remote call a connector makes, named as in its README; `calls` are patterns: "GET /repos/*\/*\/issues". */
export interface Operation {
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly calls: readonly string[];
  readonly scope?: string;
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What a run should bring. Only `permissions` due: no bodies are read. */
export interface Due {
  readonly listing: boolean;
  readonly permissions: boolean;
  readonly content: boolean;
}

/** All that a connector gets from the outside. */
export interface Run<Settings, Cursor> {
  readonly source: string;
  readonly settings: Settings;
  /** The folder that relative paths of the settings start from: that of the configuration file. */
  readonly folder: string;
  readonly cursor?: Cursor;
  readonly due: Due;
  readonly fetch: Fetch;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** A kind of source. It only yields; the runner owns batching, transactions, retries, progress and honesty. */
export interface Connector<Settings = unknown, Cursor = unknown> {
  readonly name: string;
  readonly title: string;
  readonly settings: z.ZodType<Settings>;
  readonly cursor: z.ZodType<Cursor>;
  readonly operations: readonly Operation[];
  hosts(settings: Settings): readonly string[];
  sync(run: Run<Settings, Cursor>): AsyncIterable<Change<Cursor>>;
  /** One document, live. `as`: whose credential or role. */
  read?(key: string, run: Run<Settings, never>, as?: Account): Promise<SourceDocument | 'gone' | 'forbidden'>;
}

/** A connector as it is written: inference with no machinery. */
export const defineConnector = <Settings, Cursor>(connector: Connector<Settings, Cursor>): Connector<Settings, Cursor> =>
  connector;
