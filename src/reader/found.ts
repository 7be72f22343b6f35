import { documentId } from '../core/document.ts';
import type { AuthorTrust, Passage, VisibleDocument } from '../core/view.ts';
import type { StoredChunk } from '../store/reader.ts';
import type { Decided } from './redecide.ts';

/** A decided document as its caller sees it. */
export const visibleDocument = ({ stored, decidedBy, decidedAt, confirmedAt, fresh }: Decided): VisibleDocument => ({
  id: documentId(stored.source, stored.key),
  source: stored.source,
  title: stored.title,
  type: stored.type,
  url: stored.url,
  ...(stored.author ? { author: stored.author.name } : {}),
  labels: stored.labels,
  fields: stored.fields,
  updatedAt: stored.updatedAt,
  syncedAt: confirmedAt,
  permissionsSyncedAt: decidedAt,
  fresh,
  decidedBy,
  contentHash: stored.contentHash,
  acl: stored.acl.id,
});

/** A chunk as its caller sees it: whole, or as the `text` cut from it. */
export const passage = (
  { stored }: Decided,
  chunk: StoredChunk,
  fingerprint: string | undefined,
  text: string = chunk.text,
): Passage => ({
  ordinal: chunk.ordinal,
  text,
  location: chunk.location,
  authorTrust: leastOf(stored.author, chunk.author),
  semantic: fingerprint !== undefined && chunk.embeddedWith.includes(fingerprint) ? 'ready' : 'pending',
  stripped: chunk.stripped,
});

/** Title, labels and fields are the document's author's, whoever wrote the chunk. Whoever has no account in the source is outside. */
const leastOf = (...authors: readonly StoredChunk['author'][]): AuthorTrust =>
  LEAST_FIRST.find((trust) => authors.some((author) => (author?.kind ?? 'outside') === trust)) ?? 'outside';

const LEAST_FIRST: readonly AuthorTrust[] = ['outside', 'guest', 'member'];
