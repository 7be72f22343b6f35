import type { z } from 'zod';

import type { Change } from './change.ts';
import type { Account, SourceDocument } from './document.ts';
import type { Hook } from './hook.ts';
import type { Normalised } from './normalised.ts';
import type { Notice } from './notice.ts';
import type { Secret } from './secret.ts';
import type { Probe, SignIn } from './sign-in.ts';
import type { WriteAction } from './write.ts';

/** A remote call a connector makes, named as in its README; `calls` are patterns: "GET /repos/*\/*\/issues". */
export interface Operation {
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly calls: readonly string[];
  /** The user whose password the token is there (RFC 7617), where it is not taken as a bearer token. */
  readonly as?: string;
  readonly scope?: string;
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * What a run should bring. Only `permissions` due: no bodies are read, and no cursor moves past contents that were not brought.
 * Only `content` due: documents and containers confirm no permissions, though they come with them.
 */
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
  /** Standard input, read to its end into a file of its own: for a source that `readsStandardInput`. */
  readonly input?: string;
  /** The only way out: to declared hosts, for declared operations, signed in, within the source's budget. */
  readonly fetch: Fetch;
  /** Hears what an administrator should know and no document shows: see `Notice`. */
  readonly notice: (notice: Notice) => void;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** A local file, or a folder with all that is below it, whose change is worth a new run. The path is absolute. */
export interface Watched {
  readonly path: string;
  /** Names of entries, at any depth, that no run looks at. */
  readonly skips?: (name: string) => boolean;
}

/** A kind of source. It only yields; the runner owns batching, transactions, retries, progress and honesty. */
export interface Connector<Settings = unknown, Cursor = unknown> {
  readonly name: string;
  readonly title: string;
  readonly settings: z.ZodType<Settings>;
  readonly cursor: z.ZodType<Cursor>;
  readonly operations: readonly Operation[];
  hosts(settings: Settings): readonly string[];
  /** What of this machine it reads: so a change there is read within seconds. `folder` is that of the run. */
  watches?(settings: Settings, folder: string): readonly Watched[];
  /**
   * Resolves as soon as the source may hold something that the cursor of this run has not seen, so that following it needs no
   * clock. It holds no lock and changes nothing; it may resolve for nothing. Rejects where the source cannot be asked.
   */
  awaitChange?(run: Run<Settings, Cursor>): Promise<void>;
  /** How it signs in: `fetch` does it, and no connector sees the token. Undefined: it needs no sign-in. */
  signIn?(settings: Settings): SignIn | undefined;
  /** A cheap call that shows whether a token is good. Undefined: that is seen by the first run. */
  probe?(settings: Settings): Probe | undefined;
  /**
   * Can it bring permissions without contents, and contents without permissions, for less than both? Then each is due on its own
   * schedule. Absent: a run that brings one brings the other.
   */
  readonly apart?: true;
  /** How the source tells us, at `POST /hooks/<source>`, that something changed. It merely hastens a run. */
  readonly hook?: Hook<Settings>;
  /** The document types it yields, and which of their declared fields it fills. Absent: whatever its data or settings say. */
  readonly normalised?: Normalised;
  /** Is it given on standard input, once? Then nothing of it can be followed. */
  readsStandardInput?(settings: Settings): boolean;
  /** Is it pushed to us, at `/scim/v2`, and never read? Then this is what whoever pushes must show. */
  pushedWith?(settings: Settings): Secret;
  /** What may be written in it. */
  readonly writes?: readonly WriteAction<Settings>[];
  sync(run: Run<Settings, Cursor>): AsyncIterable<Change<Cursor>>;
  /** One document, live. `as`: whose credential or role. */
  read?(key: string, run: Run<Settings, never>, as?: Account): Promise<SourceDocument | 'gone' | 'forbidden'>;
}

/** A connector as it is written: inference with no machinery. */
export const defineConnector = <Settings, Cursor>(connector: Connector<Settings, Cursor>): Connector<Settings, Cursor> =>
  connector;
