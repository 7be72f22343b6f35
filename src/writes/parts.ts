import type { Audit } from '../core/audit.ts';
import type { Caller } from '../core/caller.ts';
import type { Fetch } from '../core/connector.ts';
import type { Footing, FootingAsked } from '../core/footing.ts';
import type { ClientPolicy, WriteRules } from '../core/policy.ts';
import type { WriteAction } from '../core/write.ts';
import type { WriteKeys } from '../store/keys.ts';
import type { Proposals } from '../store/proposals.ts';

/** A configured source in which something can be written. */
export interface WritableSource {
  readonly name: string;
  readonly settings: unknown;
  /** Where relative paths of the settings start. */
  readonly folder: string;
  /** All that its connector writes. */
  readonly actions: readonly WriteAction[];
  /** The way out for one action: to the operations it names, and to those that write only where `writing`. */
  fetchFor(action: WriteAction, writing: boolean): Fetch;
}

/** How long what may hang is waited for, in ms. */
export interface Deadlines {
  /** Whatever only asks a source. */
  readonly ask: number;
  /** What writes: then it is told to stop. */
  readonly commit: number;
  /** And so long it is waited for after that, before whoever waits is told that nobody can say. */
  readonly grace: number;
}

/** What writes are made with. */
export interface WritesParts {
  readonly sources: ReadonlyMap<string, WritableSource>;
  readonly rules: WriteRules;
  readonly clientPolicy: (client: string) => ClientPolicy;
  /** Asks the index. */
  readonly footing: (caller: Caller, asked: FootingAsked, signal: AbortSignal) => Promise<Footing>;
  readonly proposals: Proposals;
  readonly audit: Audit;
  readonly keys: WriteKeys;
  /** Has a source read soon, because something was written there. It may do nothing, and it may fail. */
  readonly hasten: (source: string) => Promise<void>;
  /** Whether a source was read whole by a run that began after `since`, ms since 1970. May wait a moment for that. */
  readonly isReadSince: (source: string, since: number, signal: AbortSignal) => Promise<boolean>;
  /** ms since 1970. */
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
  readonly requestId: () => string;
  readonly deadlines?: Deadlines;
}

export const DEADLINES: Deadlines = { ask: 30_000, commit: 60_000, grace: 5_000 };
