import { createHash, hash } from 'node:crypto';

import type { Body, Location, SourceDocument } from '../core/document.ts';
import { AppError, unreachable } from '../core/errors.ts';
import { contentHashOf } from '../store/content-hash.ts';
import type { NewChunk, NewText } from '../store/store.ts';
import { impactsOf, TERMS_VERSION } from '../store/terms.ts';
import { chunk, type Piece } from './chunk.ts';
import { inertLine } from './parse/inert.ts';
import { formatOf, parse, PARSER_VERSION, textOf } from './parse/parse.ts';

/** A larger document is refused: it is read whole into memory. */
const BYTES_MAX = 50 * 1024 * 1024;
/** A body that does not come in this time is a problem of its document, not the end of the run. */
const READ_TIMEOUT = 60_000;
/** A longer title is cut. */
const TITLE_MAX = 500;
const HEADING_MAX = 200;
const HEADINGS_MAX = 10;

/** A document's body, in memory. */
export type Loaded =
  | Exclude<Body, { kind: 'bytes' }>
  | { readonly kind: 'loaded'; readonly bytes: Uint8Array; readonly mediaType: string };

/** The title as it is stored: inert, and never empty. */
export const titleOf = ({ title, key }: Pick<SourceDocument, 'title' | 'key'>, hosts: ReadonlySet<string>): string =>
  inertLine(title, hosts, TITLE_MAX) || inertLine(key, hosts, TITLE_MAX) || '-';

/** What a document's chunks are made with, besides its text: when this differs, the text is read again. */
export const recipeOf = ({ author }: Pick<SourceDocument, 'author'>, hosts: ReadonlySet<string>): string =>
  `${PARSER_VERSION}.${TERMS_VERSION}.${sha256(JSON.stringify([[...hosts].toSorted(), author ?? null])).slice(0, 16)}`;

/** Brings the body into memory, within size and time. */
export const load = async (body: Body, signal: AbortSignal): Promise<Loaded> => {
  if (body.kind !== 'bytes') {
    const size = body.kind === 'text' ? body.text.length : body.parts.reduce((sum, { text }) => sum + text.length, 0);
    refuseAbove(size);
    return body;
  }
  formatOf(body.mediaType); // before it is read, since it may be for nothing
  refuseAbove(body.size ?? 0);
  const bytes = await within(READ_TIMEOUT, signal, (limited) => body.read(limited));
  refuseAbove(bytes.byteLength);
  return { kind: 'loaded', bytes, mediaType: body.mediaType };
};

/** Title and body as the source gave them, as one hash. */
export const bodyHashOf = (title: string, body: Loaded): string => {
  if (body.kind !== 'loaded') return sha256(JSON.stringify([title, body]));
  return createHash('sha256')
    .update(JSON.stringify([title, body.mediaType]))
    .update(body.bytes)
    .digest('hex');
};

interface Made {
  readonly title: string;
  readonly body: Loaded;
  readonly author?: `user:${string}`;
  readonly hosts: ReadonlySet<string>;
}

/** Reads a body and cuts it into chunks with all they are found by. */
export const makeText = ({ title, body, author, hosts }: Made): NewText => {
  const pieces = piecesOf(body, author, hosts);
  const chunks = pieces.length > 0 ? pieces : [{ text: '', location: {}, stripped: 0, ...(author && { author }) }];
  return {
    contentHash: contentHashOf(title, chunks.map(({ text }) => text).join('')),
    chunks: chunks.map((piece) => ({
      ...piece,
      terms: impactsOf(title, piece.text),
      embedded: `${[title, ...(piece.location.headings ?? [])].join(' > ')}\n${piece.text}`,
    })),
  };
};

type AuthoredPiece = Pick<NewChunk, 'text' | 'location' | 'stripped' | 'author'>;

const piecesOf = (body: Loaded, author: `user:${string}` | undefined, hosts: ReadonlySet<string>): AuthoredPiece[] => {
  switch (body.kind) {
    case 'text':
      return by(
        author,
        parse(withoutMark(body.text), body.format, hosts).sections.flatMap((section) => chunk(section)),
      );
    case 'loaded':
      return by(
        author,
        parse(textOf(body.bytes), formatOf(body.mediaType), hosts).sections.flatMap((section) => chunk(section)),
      );
    case 'parts':
      return body.parts.flatMap((part, at) => {
        const separator = at === body.parts.length - 1 || part.text.endsWith('\n\n') ? '' : '\n\n';
        const location = inertLocation(part.location, hosts);
        const { sections } = parse(withoutMark(part.text) + separator, part.format, hosts);
        // Who wrote a part is known only where it says so: the document's author did not write its replies.
        return by(
          part.author,
          sections.flatMap((section) => chunk(section, location)),
        );
      });
    default:
      return unreachable(body);
  }
};

const by = (author: `user:${string}` | undefined, pieces: readonly Piece[]): AuthoredPiece[] =>
  pieces.map((piece) => ({ ...piece, ...(author && { author }) }));

const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

/** A part's place comes from the source, and is shown: it is made inert like its text. */
const inertLocation = (
  { headings, sheet, cells, message, row, field, ...numbers }: Location,
  hosts: ReadonlySet<string>,
): Location => {
  const line = (text: string): string => inertLine(text, hosts, HEADING_MAX);
  return {
    ...numbers,
    ...(headings && { headings: headings.slice(0, HEADINGS_MAX).map(line) }),
    ...(sheet !== undefined && { sheet: line(sheet) }),
    ...(cells !== undefined && { cells: line(cells) }),
    ...(message !== undefined && { message: line(message) }),
    ...(row !== undefined && { row: line(row) }),
    ...(field !== undefined && { field: line(field) }),
  };
};

const refuseAbove = (size: number): void => {
  if (size <= BYTES_MAX) return;
  throw new AppError('too_large', `It is ${mebibytes(size)} MB; the limit is ${mebibytes(BYTES_MAX)} MB.`);
};

const mebibytes = (bytes: number): number => Math.ceil(bytes / (1024 * 1024));

/** Waits for a promise no longer than may be, even when it does not listen. */
const within = async <T>(ms: number, signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>): Promise<T> => {
  signal.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms); // unlike that of AbortSignal.timeout it keeps the process alive
  const limited = AbortSignal.any([signal, late.signal]);
  const ended = Promise.withResolvers<never>();
  const end = (): void => ended.reject(new AppError('source_unavailable', `It could not be read within ${ms / 1000} seconds.`));
  limited.addEventListener('abort', end);
  try {
    return await Promise.race([work(limited), ended.promise]);
  } finally {
    clearTimeout(timer);
    limited.removeEventListener('abort', end);
  }
};

const sha256 = (text: string): string => hash('sha256', text);
