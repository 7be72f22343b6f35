import type { Acl } from './acl.ts';

/** A user as one source knows them. */
export interface Account {
  readonly id: string;
  readonly name?: string;
  readonly emails: readonly string[];
  readonly active: boolean;
  readonly kind: 'member' | 'guest';
}

export type Format = 'plain' | 'markdown' | 'html';

/** Where in its document a chunk stands. */
export interface Location {
  readonly headings?: readonly string[];
  readonly page?: number;
  readonly slide?: number;
  readonly sheet?: string;
  readonly cells?: string;
  readonly message?: string;
  readonly row?: string;
  readonly field?: string;
}

/** One message of a thread, one field of a row. */
export interface Part {
  readonly text: string;
  readonly format: Format;
  readonly location: Location;
  readonly author?: `user:${string}`;
  readonly at?: Date;
}

export type Body =
  | { readonly kind: 'text'; readonly text: string; readonly format: Format }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  | {
      readonly kind: 'bytes';
      readonly mediaType: string;
      /** In bytes, where the source says it before it is read. */
      readonly size?: number;
      read(signal: AbortSignal): Promise<Uint8Array>;
    };

/** A normalised field of a document: status, assignee, amount, due_at. */
export type Field = string | number | boolean | null;

/** A document as its source yields it. Its id in Castellan is `<source>:<key>`. */
export interface SourceDocument {
  readonly key: string;
  readonly title: string;
  readonly type: string;
  readonly parent?: string;
  /** Filled from the source's `url_template` where the source has no web addresses. */
  readonly url?: string;
  readonly updatedAt: Date;
  readonly acl: Acl;
  readonly body: Body;
  /** Absent means from outside the organisation. */
  readonly author?: `user:${string}`;
  /** The source's own version; equal versions are not read again. */
  readonly revision?: string;
  readonly labels?: readonly string[];
  readonly fields?: Readonly<Record<string, Field>>;
}

/** What every source name matches; it stands before the colon of a document's id. */
export const SOURCE_NAME = /^[a-z0-9-]+$/u;

/** The id a caller sees. */
export const documentId = (source: string, key: string): string => `${source}:${key}`;

/** The source and key of an id; undefined when it is none. Half a character is none: a database would read it as another. */
export const parseDocumentId = (id: string): { source: string; key: string } | undefined => {
  if (!id.isWellFormed()) return undefined;
  const colon = id.indexOf(':');
  const source = id.slice(0, Math.max(colon, 0));
  return SOURCE_NAME.test(source) && colon < id.length - 1 ? { source, key: id.slice(colon + 1) } : undefined;
};
