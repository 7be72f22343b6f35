import type { Acl } from './acl.ts';
import type { Account } from './document.ts';

/** A document that its caller may see by what is stored, and that its source must be asked about before it is shown. */
export interface LiveNeed {
  readonly id: string;
  readonly source: string;
  readonly key: string;
  /** What is stored of it: where the source still says the same, its text need not be read to know that. */
  readonly known: { readonly title: string; readonly revision?: string };
  /** The caller's account in the source, where they have exactly one. */
  readonly as?: Account;
}

/** What a source says of a document now. */
export interface LiveSays {
  readonly acl: Acl;
  /** As they would be stored. */
  readonly labels: readonly string[];
  readonly title: string;
  readonly revision?: string;
  /** Of title and body, as it would be stored. Absent: they were not read. */
  readonly bodyHash?: string;
}

/** What came of asking a source. Without `says` the document is refused: gone, forbidden, too late, or not understood. */
export interface LiveWord {
  readonly id: string;
  /** When the asking began, ms since 1970. */
  readonly at: number;
  readonly says?: LiveSays;
}

/** Asks a source about one document. Whatever it rejects with refuses that document. */
export type ReadLive = (need: LiveNeed, signal: AbortSignal) => Promise<LiveWord>;
