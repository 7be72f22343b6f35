import { z } from 'zod';

import type { Field, Location } from '../core/document.ts';
import type { AuthorTrust, Passage, VisibleDocument } from '../core/view.ts';
import { clip, clipList } from '../core/clip.ts';

/** In bytes of JSON: with all of them full there is room left for text in the smallest default answer. Ids and addresses are never cut. */
const TITLE_MAX = 400;
const NAME_MAX = 120;
const LABELS_MAX = 400;
const HEADINGS_MAX = 400;
const FIELDS_MAX = 2_000;

/** What is said of a document beside its text. A type, not an interface: it is published as an open object. */
export type Metadata = {
  readonly source: string;
  readonly type: string;
  readonly author?: string;
  readonly author_trust: AuthorTrust;
  readonly updated_at: string;
  readonly synced_at: string;
  readonly permissions_synced_at: string;
  readonly fresh: boolean;
  readonly decided_by: VisibleDocument['decidedBy'];
  readonly location?: Location;
  readonly labels: readonly string[];
  readonly fields?: Readonly<Record<string, Field>>;
  readonly semantic: 'ready' | 'pending';
  readonly untrusted: true;
  readonly stripped: number;
};

/** As it is published: what a client may rely on, without spending the model's context on the rest. */
export const metadataSchema = z.looseObject({ source: z.string(), fresh: z.boolean(), untrusted: z.literal(true) });

/** What is said of a document, judged by these of its passages: the least trusted author counts. */
export const metadataOf = (
  document: VisibleDocument,
  passages: readonly Passage[],
  { location, fields }: { readonly location?: Location; readonly fields?: VisibleDocument['fields'] } = {},
): Metadata => {
  const where = location === undefined ? {} : locationOf(location);
  const declared = fields === undefined ? {} : fieldsOf(fields);
  return {
    source: document.source,
    type: clip(document.type, NAME_MAX),
    ...(document.author === undefined ? {} : { author: clip(document.author, NAME_MAX) }),
    author_trust: TRUST.find((trust) => passages.some(({ authorTrust }) => authorTrust === trust)) ?? 'outside',
    updated_at: instant(document.updatedAt),
    synced_at: instant(document.syncedAt),
    permissions_synced_at: instant(document.permissionsSyncedAt),
    fresh: document.fresh,
    decided_by: document.decidedBy,
    ...(isEmpty(where) ? {} : { location: where }),
    labels: clipList(document.labels, LABELS_MAX, NAME_MAX),
    ...(isEmpty(declared) ? {} : { fields: declared }),
    semantic: passages.some(({ semantic }) => semantic === 'pending') ? 'pending' : 'ready',
    untrusted: true,
    stripped: passages.reduce((sum, { stripped }) => sum + stripped, 0),
  };
};

/** A title as it is shown. */
export const titleOf = ({ title }: VisibleDocument): string => clip(title, TITLE_MAX);

/** A time as it is shown. */
export const instant = (ms: number): string => new Date(ms).toISOString();

/** Least trusted first. */
const TRUST = ['outside', 'guest', 'member'] as const satisfies readonly AuthorTrust[];

const locationOf = ({ headings = [], ...place }: Location): Location => ({
  ...(headings.length === 0 ? {} : { headings: clipList(headings, HEADINGS_MAX, NAME_MAX) }),
  ...Object.fromEntries(
    Object.entries(place).map(([name, value]) => [name, typeof value === 'string' ? clip(value, NAME_MAX) : value]),
  ),
});

const fieldsOf = (fields: Readonly<Record<string, Field>>): Record<string, Field> => {
  let left = FIELDS_MAX;
  const shown: [string, Field][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const field = [clip(name, NAME_MAX), typeof value === 'string' ? clip(value, 2 * NAME_MAX) : value] satisfies [string, Field];
    left -= Buffer.byteLength(JSON.stringify(field));
    if (left < 0) break;
    shown.push(field);
  }
  return Object.fromEntries(shown);
};

const isEmpty = (shown: object): boolean => Object.keys(shown).length === 0;
