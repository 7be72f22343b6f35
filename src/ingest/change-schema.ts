import { z } from 'zod';

import { aclSchema } from '../core/acl.ts';
import type { Account, Body, Part, SourceDocument } from '../core/document.ts';
import { isName, memberSchema } from '../core/principal.ts';

const NAME_MAX = 1_000;
const TYPE_MAX = 100;
const URL_MAX = 4_000;
const LABELS_MAX = 100;
const LABEL_MAX = 200;
const FIELDS_MAX = 200;
const FIELD_MAX = 10_000;
const EMAILS_MAX = 100;
const PARTS_MAX = 100_000;
/** A page of a group; a connector splits larger ones with `more`. */
const MEMBERS_MAX = 100_000;

const name = (max: number): z.ZodType<string> =>
  z.string().max(max).refine(isName, { error: 'must not be empty, too long, or hold control characters' });

/** What names a document, container, group or account in its source. */
export const keySchema = name(NAME_MAX);

const userSchema = z.templateLiteral(['user:', z.string()]).refine((user) => isName(user.slice('user:'.length)));
const wellFormed = z.string().transform((text) => text.toWellFormed());

const locationSchema = z.strictObject({
  headings: z.array(wellFormed).max(20).exactOptional(),
  page: z.int().exactOptional(),
  slide: z.int().exactOptional(),
  sheet: wellFormed.exactOptional(),
  cells: wellFormed.exactOptional(),
  message: wellFormed.exactOptional(),
  row: wellFormed.exactOptional(),
  field: wellFormed.exactOptional(),
});
const formatSchema = z.enum(['plain', 'markdown', 'html']);
const partSchema: z.ZodType<Part> = z.strictObject({
  text: z.string(),
  format: formatSchema,
  location: locationSchema,
  author: userSchema.exactOptional(),
  at: z.date().exactOptional(),
});
type Read = Extract<Body, { kind: 'bytes' }>['read'];
const bodySchema: z.ZodType<Body> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string(), format: formatSchema }),
  z.strictObject({ kind: z.literal('parts'), parts: z.array(partSchema).max(PARTS_MAX) }),
  z.strictObject({
    kind: z.literal('bytes'),
    mediaType: z.string().max(TYPE_MAX),
    size: z.number().nonnegative().exactOptional(),
    read: z.custom<Read>((value) => typeof value === 'function', { error: 'must be a function' }),
  }),
]);

/** A document as a connector should yield it. */
export const documentSchema: z.ZodType<SourceDocument> = z.strictObject({
  key: keySchema,
  title: wellFormed,
  type: name(TYPE_MAX),
  parent: keySchema.exactOptional(),
  url: z
    .url({ protocol: /^https?$/u })
    .max(URL_MAX)
    .exactOptional(),
  updatedAt: z.date(),
  acl: aclSchema,
  body: bodySchema,
  author: userSchema.exactOptional(),
  revision: z.string().max(NAME_MAX).exactOptional(),
  labels: z.array(name(LABEL_MAX)).max(LABELS_MAX).exactOptional(),
  fields: z
    .record(name(LABEL_MAX), z.union([wellFormed.pipe(z.string().max(FIELD_MAX)), z.number(), z.boolean(), z.null()]))
    .refine((fields) => Object.keys(fields).length <= FIELDS_MAX)
    .exactOptional(),
});

/** A container as a connector should yield it. */
export const containerSchema = z.strictObject({
  type: z.literal('container'),
  key: keySchema,
  title: wellFormed,
  acl: aclSchema,
  parent: keySchema.exactOptional(),
});

/** An account as a connector should yield it. */
export const accountSchema: z.ZodType<Account> = z.strictObject({
  id: keySchema,
  name: wellFormed.exactOptional(),
  emails: z.array(name(NAME_MAX)).max(EMAILS_MAX),
  active: z.boolean(),
  kind: z.enum(['member', 'guest']),
});

/** The members of a group, or a page of them, as a connector should yield them. */
export const membersSchema = z.union([
  z.array(memberSchema).max(MEMBERS_MAX),
  z.strictObject({ unknown: z.string().max(1_000) }),
]);

/** The first thing that is wrong, in words: where it is, then what. */
export const complaint = ({ issues }: z.ZodError): string => {
  let [issue] = issues;
  const path: PropertyKey[] = [];
  while (issue) {
    path.push(...issue.path);
    const deeper: z.core.$ZodIssue | undefined = issue.code === 'invalid_union' ? issue.errors[0]?.[0] : undefined;
    if (!deeper) break;
    issue = deeper;
  }
  return `${path.map(String).join('.')}: ${issue?.message ?? 'invalid'}`;
};
