import type { Acl } from './acl.ts';
import type { Account } from './document.ts';
import type { Basis } from './view.ts';

/** What a write asks the index about its caller. */
export interface FootingAsked {
  readonly source: string;
  /** Who may read what would be written, in the words of that source. */
  readonly audience?: Acl;
  /** Ids of documents that the caller was shown. */
  readonly shown?: readonly string[];
}

/** How a caller stands in one source, by what is stored, all read in one transaction. */
export interface Footing {
  /** Their one account there that is linked, active and within its promise; or that there is none, or more. */
  readonly account: Account | 'none' | 'several';
  /** Whether they are surely in the audience. */
  readonly reads: boolean;
  /** Which of the documents they were shown not everybody in the audience may read, as far as can be told. */
  readonly wider: readonly string[];
  readonly basis: Basis;
}
