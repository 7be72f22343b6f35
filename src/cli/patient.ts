import type { Config } from '../config/config.ts';
import type { Census } from '../store/census.ts';
import type { Standing } from '../sources/sign-in/standing.ts';
import type { Verified } from '../store/ledger.ts';

/** What `doctor` looks at. Nothing of it makes or changes a file; what cannot be looked at rejects with the sentence to say. */
export interface Patient {
  readonly node: string;
  configuration(): Promise<Config>;
  /** What the configured sources read of this machine, and whether this user may. */
  paths(source: string): Promise<readonly { readonly path: string; readonly fault?: string }[]>;
  /** Undefined where there is none yet. `free` is in bytes. */
  dataFolder(): Promise<{ readonly path: string; readonly free: number } | undefined>;
  /** Where the key was read; undefined where there is none yet. */
  key(): Promise<'environment' | 'file' | undefined>;
  /** Undefined where there is none yet. It is closed with the patient. */
  index(): Promise<Census | undefined>;
  /** Undefined where there is none yet. */
  audit(): Promise<Verified | { readonly state: 'unread'; readonly rows: number } | undefined>;
  /** How many writes wait for somebody to say whether they were made. Of a ledger that cannot be read it says nothing. */
  uncertain(): Promise<number>;
  /** How those sources that sign in stand with that. Nobody is asked. */
  signIns(): Promise<ReadonlyMap<string, Standing>>;
  /** Rejects where texts cannot get their vectors. */
  model(): Promise<void>;
  /** Whether the keys of each issuer can be read. Nobody else is asked. */
  issuers(): Promise<readonly { readonly issuer: string; readonly fault?: string }[]>;
  /** Whether the server could listen where it should. */
  port(): Promise<'free' | 'ours' | 'taken'>;
  close(): Promise<void>;
}
