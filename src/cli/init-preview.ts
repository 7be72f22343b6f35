import type { SyncEnd } from '../ingest/runner.ts';
import type { AccountCensus, Closed, KnownEmail } from '../store/census.ts';
import type { SourceStatus } from '../store/store.ts';

/** A source as it would be configured. */
export interface Draft {
  readonly connector: 'files' | 'jsonl';
  readonly source: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Where relative paths of the settings start. */
  readonly folder: string;
  /** A people file that is not written yet: it is read from here in place of the one the settings name. */
  readonly people?: string;
}

/** What a source named while it was read. */
export interface Found {
  /** How many documents of which kind: the ending of a file's name, or the type of a document. Not each could be read. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly containers: number;
  readonly accounts: number;
  readonly groups: number;
  /** Files that narrow a folder or a file. */
  readonly controlFiles: number;
  /** Of the first document. */
  readonly title?: string;
}

/** How many documents somebody could see. */
export interface Viewer {
  readonly email: string;
  readonly documents: number;
}

/** Who could see what is in the preview. */
export interface Audience {
  readonly people: readonly Viewer[];
  /** Somebody with an e-mail of this domain whom the source does not know. */
  readonly others: readonly { readonly domain: string; readonly documents: number }[];
  /** How many documents nobody could see; undefined where not everybody was asked about. */
  readonly nobody?: number;
  /** Whether accounts can be told to be somebody. */
  readonly accounts: AccountCensus;
}

/** A source read into a temporary index, so that nothing has to be guessed about it. */
export interface Preview {
  readonly end: SyncEnd;
  /** Why it is only a part of the source. */
  readonly stopped?: 'documents' | 'time';
  readonly status: SourceStatus;
  readonly found: Found;
  readonly closed: Closed;
  readonly emails: readonly KnownEmail[];
  /** Decides for everybody with an e-mail, as when they ask. */
  audience(domains: readonly string[]): Promise<Audience>;
  /** Leaves nothing behind. */
  close(): Promise<void>;
}

/** A preview of more documents, or one that takes longer, is told to be of a part. */
export interface PreviewLimits {
  readonly documents: number;
  /** Who could see what is decided for so many: each is asked about the whole preview. */
  readonly people: number;
  /** Ms, for reading and for deciding each. */
  readonly ms: number;
}
