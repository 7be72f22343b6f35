import type { Acl } from './acl.ts';
import type { Account } from './document.ts';

/** What a source says of a document when it is asked as somebody: who may see it, or that they may not, or that it is not there. */
export type Said = { readonly acl: Acl } | 'forbidden' | 'gone';

/** Asks a source about one document. Rejects where no answer came, or none that can be understood. */
export type AskSource = (key: string, as: Account | undefined, signal: AbortSignal) => Promise<Said>;
