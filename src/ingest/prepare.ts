import type { Due } from '../core/connector.ts';
import type { SourceDocument } from '../core/document.ts';
import { documentId } from '../core/document.ts';
import type { KnownDocument, NewDocument } from '../store/store.ts';
import { bodyHashOf, load, makeText, recipeOf, titleOf } from './text.ts';

/** What all documents of a run have in common. */
export interface Preparing {
  readonly source: string;
  readonly hosts: ReadonlySet<string>;
  readonly urlTemplate: string;
  readonly due: Due;
  readonly signal: AbortSignal;
}

/** A document as it is stored. Its text is read only when it can have changed. */
export const prepare = async (
  document: SourceDocument,
  known: KnownDocument | undefined,
  { source, hosts, urlTemplate, due, signal }: Preparing,
): Promise<NewDocument> => {
  const { key, type, parent, acl, author, revision, updatedAt, labels = [], fields = {} } = document;
  const title = titleOf(document, hosts);
  const parser = recipeOf(document, hosts);
  const rest = {
    key,
    title,
    type,
    url: document.url ?? urlOf(urlTemplate, source, key),
    updatedAt: updatedAt.getTime(),
    acl,
    labels,
    fields,
    ...(parent !== undefined && { parent }),
    ...(author !== undefined && { author }),
  };
  const alike = known?.title === title && known.parser === parser;
  // Where no content is due, what is stored of it stays as it was, so that it is read when it is due.
  const same = alike && (!due.content || (revision !== undefined && revision === known.revision));
  if (same) {
    return {
      ...rest,
      parser,
      ...(known.revision !== undefined && { revision: known.revision }),
      ...(known.bodyHash !== undefined && { bodyHash: known.bodyHash }),
    };
  }
  const body = await load(document.body, signal);
  const bodyHash = bodyHashOf(document.title, body);
  const read = { ...rest, parser, bodyHash, ...(revision !== undefined && { revision }) };
  if (alike && bodyHash === known.bodyHash) return read;
  return { ...read, text: makeText({ title, body, hosts, ...(author !== undefined && { author }) }) };
};

/** Where a document without a web address is found. */
const urlOf = (template: string, source: string, key: string): string => {
  const path = key.split('/').map(encodeURIComponent).join('/');
  return template.replaceAll('<id>', () => documentId(source, path)).replaceAll('<key>', () => path);
};
