import { z } from 'zod';

import { type Acl, aclSchema } from '../../src/core/acl.ts';
import type { Account, Body, Part, SourceDocument } from '../../src/core/document.ts';
import { isName, memberSchema, normaliseEmail } from '../../src/core/principal.ts';
import type { Line } from './api.ts';

/** More of anything in one line is a mistake of whoever wrote it. */
const MAX = {
  title: 2000,
  kind: 100,
  label: 200,
  url: 4000,
  reason: 900,
  emails: 100,
  labels: 100,
  fields: 200,
  field: 10_000,
  parts: 100_000,
} as const;

const name = z.string().refine(isName, { error: 'expected 1 to 1000 characters, none of them a control character' });
const user = z.templateLiteral(['user:', z.string()]).refine((text) => isName(text.slice(5)), { error: 'expected user:<id>' });
const email = z
  .string()
  .transform(normaliseEmail)
  .refine((text) => memberSchema.safeParse(`person:${text}`).success, { error: 'expected an e-mail' });
const title = z.string().min(1).max(MAX.title);
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const format = z.enum(['plain', 'markdown', 'html']);
const label = z.string().min(1).max(MAX.label);

const location = z.strictObject({
  headings: z.array(z.string().max(MAX.title)).max(20).exactOptional(),
  page: z.number().exactOptional(),
  slide: z.number().exactOptional(),
  sheet: label.exactOptional(),
  cells: label.exactOptional(),
  message: label.exactOptional(),
  row: label.exactOptional(),
  field: label.exactOptional(),
});
const part = z.strictObject({
  text: z.string(),
  format: format.exactOptional(),
  location: location.exactOptional(),
  author: user.exactOptional(),
  at: instant.exactOptional(),
});

const documentLine = z
  .strictObject({
    type: z.literal('document'),
    key: name,
    title,
    kind: z.string().min(1).max(MAX.kind).default('document'),
    parent: name.exactOptional(),
    url: z
      .url({ protocol: /^https?$/u })
      .max(MAX.url)
      .exactOptional(),
    updated_at: instant,
    acl: aclSchema,
    text: z.string().exactOptional(),
    format: format.exactOptional(),
    parts: z.array(part).max(MAX.parts).exactOptional(),
    author: user.exactOptional(),
    revision: z.string().min(1).max(MAX.label).exactOptional(),
    labels: z.array(label).max(MAX.labels).exactOptional(),
    fields: z
      .record(label, z.union([z.string().max(MAX.field), z.number(), z.boolean(), z.null()]))
      .refine((fields) => Object.keys(fields).length <= MAX.fields)
      .exactOptional(),
  })
  .refine(({ text, parts }) => (text === undefined) !== (parts === undefined), { error: 'expected either text or parts' })
  .refine(({ format, parts }) => format === undefined || parts === undefined, { error: 'each part has its own format' });

const unknown = z.strictObject({ unknown: z.string().max(MAX.reason) });
/** No key of a line is ignored: a misspelt `deny` must not pass for an acl that denies nobody. */
const statementSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('listing'), of: name.exactOptional() }),
  z.strictObject({ type: z.literal('complete'), of: name.exactOptional() }),
  z.strictObject({
    type: z.literal('account'),
    id: name,
    name: z.string().max(MAX.title).exactOptional(),
    emails: z.array(email).max(MAX.emails),
    active: z.boolean(),
    kind: z.enum(['member', 'guest']),
  }),
  z.strictObject({
    type: z.literal('members'),
    group: name,
    members: z.union([z.array(memberSchema), unknown]),
    more: z.literal(true).exactOptional(),
  }),
  z.strictObject({ type: z.literal('container'), key: name, title, parent: name.exactOptional(), acl: aclSchema }),
  documentLine,
  z.strictObject({ type: z.literal('acl'), key: name, acl: aclSchema }),
  z.strictObject({ type: z.literal('delete'), key: name }),
]);

/** What a line says. */
export type Statement = z.infer<typeof statementSchema>;
export type StatementOf<Type extends Statement['type']> = Extract<Statement, { type: Type }>;

/** What an unreadable line can still be known to be about. */
export interface Subject {
  readonly key?: string;
  readonly group?: string;
  /** `emails` are those that could be read. */
  readonly account?: { readonly id: string; readonly emails: readonly string[] };
  /** Set unless the line certainly was the last page of its group. */
  readonly more?: true;
}

/** A line understood, or why not and whom it concerns. */
export type Parsed = { readonly statement: Statement } | { readonly fault: string; readonly subject: Subject };

/** Understands a line. */
export const parseLine = ({ ref, ended, text, fault }: Line): Parsed => {
  const bad = (reason: string, value?: unknown): Parsed => ({ fault: `line ${ref.number}${reason}`, subject: subjectOf(value) });
  if (text === undefined) return bad(` ${fault}`);
  const value = parseJson(text);
  if (value === undefined) return bad(ended ? ' is not JSON' : ' is not finished');
  const parsed = statementSchema.safeParse(value, { error: missing });
  return parsed.success ? { statement: parsed.data } : bad(`: ${reasonOf(parsed.error.issues)}`, value);
};

/** The document of its line; an acl stated later stands for its own. */
export const documentOf = (line: StatementOf<'document'>, acl: Acl): SourceDocument => {
  const { key, title, kind, updated_at, url, parent, author, revision, labels, fields } = line;
  return {
    key,
    title,
    type: kind,
    updatedAt: updated_at,
    acl,
    body: bodyOf(line),
    ...(url === undefined ? {} : { url }),
    ...(parent === undefined ? {} : { parent }),
    ...(author === undefined ? {} : { author }),
    ...(revision === undefined ? {} : { revision }),
    ...(labels === undefined ? {} : { labels }),
    ...(fields === undefined ? {} : { fields }),
  };
};

/** The account of its line. */
export const accountOf = ({ type: _type, ...account }: StatementOf<'account'>): Account => account;

const bodyOf = ({ text, format, parts }: StatementOf<'document'>): Body =>
  parts === undefined
    ? { kind: 'text', text: text ?? '', format: format ?? 'plain' }
    : {
        kind: 'parts',
        parts: parts.map((part): Part => ({ ...part, format: part.format ?? 'plain', location: part.location ?? {} })),
      };

/** Undefined also for `undefined`, which no JSON is. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const named = name.optional().catch(undefined);
const subjectSchema = z.object({
  type: z.string().optional().catch(undefined),
  key: named,
  group: named,
  id: named,
  emails: z.array(z.unknown()).catch([]),
  more: z.unknown().optional(),
});

/** A line whose type cannot be told is taken to be about all it names. */
const subjectOf = (value: unknown): Subject => {
  const { data } = subjectSchema.safeParse(value);
  if (!data) return {};
  const { type, key, group, id, more } = data;
  const known = statementSchema.options.some((option) => option.shape.type.value === type);
  const emails = data.emails.flatMap((address) => email.safeParse(address).data ?? []);
  return {
    ...(key !== undefined && (!known || !['account', 'members'].includes(type ?? '')) ? { key } : {}),
    ...(group !== undefined && (!known || type === 'members') ? { group } : {}),
    ...(id !== undefined && (!known || type === 'account') ? { account: { id, emails } } : {}),
    ...(more === undefined ? {} : { more: true }),
  };
};

/** What is not there is no wrong choice. */
const missing = ({ code, input }: z.core.$ZodRawIssue): string | undefined =>
  input === undefined && (code === 'invalid_type' || code === 'invalid_value') ? 'is missing' : undefined;

/** The first thing that is wrong, and where, without any value of the line: it may be confidential. */
const reasonOf = ([issue]: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): string => {
  if (!issue) return 'is not understood';
  const path = [...above, ...issue.path];
  // Of a union, the branch that came furthest is the one that was meant.
  const [meant] = issue.code === 'invalid_union' ? issue.errors.toSorted((a, b) => depth(b) - depth(a)) : [];
  if (meant) return reasonOf(meant, path);
  const where = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  return `${where}${issue.message.replace('Invalid input: ', '')}`.slice(0, MAX.reason);
};

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));
