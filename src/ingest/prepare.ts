import type { Connector, Due } from '../core/connector.ts';
import { documentId, type SourceDocument } from '../core/document.ts';
import type { KnownDocument, NewDocument } from '../store/store.ts';
import type { Problem } from './check.ts';
import { storedFields } from './fields.ts';
import { inertLine } from './parse/inert.ts';
import { bodyHashOf, load, makeText, recipeOf, titleOf } from './text.ts';

const TYPE_MAX = 100;
const LABEL_MAX = 200;

/** What all documents of a run have in common. */
export interface Preparing {
  readonly source: string;
  readonly hosts: ReadonlySet<string>;
  readonly urlTemplate: string;
  readonly due: Due;
  readonly signal: AbortSignal;
  /** Hears what of a document was left out. */
  readonly problem: (problem: Problem) => void;
}

/** A document as it is stored. Its text is read only when it can have changed. */
export const prepare = async (
  document: SourceDocument,
  known: KnownDocument | undefined,
  { source, hosts, urlTemplate, due, signal, problem }: Preparing,
): Promise<NewDocument> => {
  const { key, type, parent, acl, author, revision, updatedAt } = document;
  const { fields, left } = storedFields(document, hosts);
  if (left.length > 0) problem({ key, message: `${left.join('; ')}. It was left out.` });
  const title = titleOf(document, hosts);
  const parser = recipeOf(document, hosts);
  const rest = {
    key,
    title,
    type: inertLine(type, hosts, TYPE_MAX) || 'document',
    url: document.url === undefined ? urlOf(urlTemplate, source, key) : addressOf(document.url),
    updatedAt: updatedAt.getTime(),
    acl,
    labels: labelsOf(document, hosts),
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

/** May title or text be others than what is stored? Only its revision says that the text is not. */
export const mayHaveMoved = (
  document: SourceDocument,
  known: KnownDocument | undefined,
  { hosts }: Pick<Preparing, 'hosts'>,
): boolean =>
  document.revision === undefined || document.revision !== known?.revision || titleOf(document, hosts) !== known.title;

/** The hosts whose addresses may stay in the texts of a source. */
export const hostsOf = <Settings, Cursor>(
  connector: Connector<Settings, Cursor>,
  { settings, hosts = [] }: { readonly settings: Settings; readonly hosts?: readonly string[] },
): ReadonlySet<string> => new Set([...connector.hosts(settings), ...hosts].map((host) => host.toLowerCase()));

/** The labels of a document as they are stored: a client may be forbidden to carry them, so they count even where its text cannot be read. */
export const labelsOf = ({ labels = [] }: Pick<SourceDocument, 'labels'>, hosts: ReadonlySet<string>): string[] =>
  labels.map((label) => inertLine(label, hosts, LABEL_MAX)).filter(Boolean);

/** Without a user name, which could pass for a host, and a password, which is nobody's to read. */
const addressOf = (url: string): string => Object.assign(new URL(url), { username: '', password: '' }).href;

/** Where a document without a web address is found. */
const urlOf = (template: string, source: string, key: string): string => {
  const path = key.split('/').map(encodeURIComponent).join('/');
  return template.replaceAll('<id>', () => documentId(source, path)).replaceAll('<key>', () => path);
};
