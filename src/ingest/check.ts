import { z } from 'zod';

import { type Acl, aclSchema } from '../core/acl.ts';
import type { Change } from '../core/change.ts';
import type { Account, SourceDocument } from '../core/document.ts';
import { accountSchema, complaint, containerSchema, documentSchema, keySchema, membersSchema } from './change-schema.ts';
import { withoutHidden } from './parse/hidden.ts';
import { inertLine } from './parse/inert.ts';

const ACCOUNT_NAME_MAX = 200;
const NO_HOSTS: ReadonlySet<string> = new Set();

/** What a thrown thing says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What is wrong with a change. Without a key, nobody can say what was lost by it. */
export interface Problem {
  readonly key?: string;
  readonly message: string;
}

/**
 * A change that can be trusted; a problem only where it names a key, which then counts as seen. With an acl come the labels
 * of a document of which nothing else is believed.
 */
export type Sound =
  | Exclude<Change, { type: 'problem' | 'acl' }>
  | (Extract<Change, { type: 'acl' }> & Pick<SourceDocument, 'labels'>)
  | { readonly type: 'seen'; readonly key: string };

/** What may be done on account of a change. Where it is broken: what keeps access from staying wider than was meant. */
export interface Checked {
  readonly changes: readonly Sound[];
  readonly problem?: Problem;
}

/** Looks at a change as if its connector could lie. */
export const check = (change: Change, cursor: z.ZodType): Checked => {
  switch (change.type) {
    case 'document':
      return checkDocument(change);
    case 'container':
      return checkContainer(change);
    case 'acl':
      return withKey(change, () => {
        const acl = aclSchema.safeParse(change.acl);
        if (acl.success) return { changes: [{ type: 'acl', key: change.key, acl: acl.data }] };
        return darkened(change.key, change.acl, `Its permissions cannot be understood (${complaint(acl.error)}).`);
      });
    case 'delete':
      return withKey(change, () => ({ changes: [change] }));
    case 'listing':
    case 'complete':
      return change.of === undefined
        ? { changes: [change] }
        : withKey({ ...change, key: change.of }, () => ({ changes: [change] }));
    case 'members':
      return checkMembers(change);
    case 'account':
      return checkAccount(change);
    case 'problem':
      return checkProblem(change);
    case 'checkpoint':
      return checkCheckpoint(change, cursor);
    case 'unchanged':
      return { changes: [change] };
    default:
      return broken('It yielded a change of an unknown kind.');
  }
};

const broken = (message: string): { changes: []; problem: Problem } => ({
  changes: [],
  problem: { message: `The connector is broken: ${message}` },
});

const withKey = (change: Change & { readonly key?: string }, then: () => Checked): Checked => {
  const key = keySchema.safeParse(change.key);
  return key.success ? then() : broken(`It yielded "${change.type}" with a key that is none (${complaint(key.error)}).`);
};

/** Nothing of a broken statement is believed but, where they are whole, its acl and its labels. */
const darkened = (key: string, given: unknown, message: string, labels?: readonly string[]): Checked => {
  const acl = aclSchema.safeParse(given);
  const safe: Acl = acl.success ? acl.data : { unknown: message.slice(0, 1_000) };
  return { changes: [{ type: 'acl', key, acl: safe, ...(labels && { labels }) }], problem: { key, message } };
};

/** A key is shown as it is, as part of an id: it cannot be made inert, so it must be. */
const hidesSomething = (key: string): boolean => withoutHidden(key).text !== key;

const hidden = (key: string): Checked =>
  darkened(key, undefined, 'Its name holds characters that nobody sees and a model reads. Rename it, then sync again.');

const keyed = z.object({ key: keySchema });

const checkDocument = ({ document }: Extract<Change, { type: 'document' }>): Checked => {
  const checked = documentSchema.safeParse(document);
  if (checked.success && hidesSomething(checked.data.key)) return hidden(checked.data.key);
  if (checked.success) return { changes: [{ type: 'document', document: checked.data }] };
  const found = keyed.safeParse(document);
  if (!found.success) return broken(`It yielded a document with a key that is none (${complaint(found.error)}).`);
  return narrowed(found.data.key, document, checked.error);
};

const checkContainer = (change: Extract<Change, { type: 'container' }>): Checked => {
  const checked = containerSchema.safeParse(change);
  if (checked.success && hidesSomething(checked.data.key)) return hidden(checked.data.key);
  if (checked.success) return { changes: [checked.data] };
  const found = keyed.safeParse(change);
  if (!found.success) return broken(`It yielded a container with a key that is none (${complaint(found.error)}).`);
  return narrowed(found.data.key, { acl: change.acl }, checked.error);
};

/**
 * A broken `parent` could keep a document out of a deletion that means it, and broken `labels` from being kept from a client,
 * so nobody sees it until it is mended.
 */
const narrowed = (
  key: string,
  { acl, labels }: { readonly acl: unknown } & Pick<SourceDocument, 'labels'>,
  error: z.ZodError,
): Checked => {
  const message = `It is not as it should be (${complaint(error)}).`;
  const isBroken = (part: 'acl' | 'parent' | 'labels'): boolean => error.issues.some(({ path: [at] }) => at === part);
  if (isBroken('labels')) return darkened(key, undefined, message);
  return darkened(key, isBroken('acl') || isBroken('parent') ? undefined : acl, message, labels);
};

const checkMembers = (change: Extract<Change, { type: 'members' }>): Checked => {
  const group = keySchema.safeParse(change.group);
  if (!group.success) return broken(`It yielded members of a group without a name (${complaint(group.error)}).`);
  const members = membersSchema.safeParse(change.members);
  const more: unknown = change.more;
  if (members.success && (more === undefined || more === true)) {
    return { changes: [{ ...change, members: members.data }] };
  }
  const why = members.success ? 'more: must be true or absent' : complaint(members.error);
  const message = `The members of the group ${change.group} cannot be understood (${why}).`;
  // The last whole listing ages, and what rests on it ends with its promise.
  return {
    changes: [{ type: 'members', group: change.group, members: { unknown: message.slice(0, 1_000) } }],
    problem: { message },
  };
};

const salvageable = z.object({
  id: keySchema,
  emails: z.array(keySchema),
  active: z.boolean().catch(false),
  kind: z.enum(['member', 'guest']).catch('guest'),
});

/** Of a broken account its e-mails still count, as those of a guest: left out, it could widen what `everyone` holds. */
const checkAccount = ({ account }: Extract<Change, { type: 'account' }>): Checked => {
  const checked = accountSchema.safeParse(account);
  if (checked.success) return { changes: [{ type: 'account', account: named(checked.data) }] };
  const message = `An account is not as it should be (${complaint(checked.error)}).`;
  const rest = salvageable.safeParse(account);
  return { changes: rest.success ? [{ type: 'account', account: named(rest.data) }] : [], problem: { message } };
};

/** An account's name, or else its id, is shown as the author of documents, and whoever holds the account chose it. */
const named = (account: Account): Account => ({
  ...account,
  name: inertName(account.name ?? '') || inertName(account.id) || '-',
});

const inertName = (name: string): string => inertLine(name, NO_HOSTS, ACCOUNT_NAME_MAX);

/** The cursor as it will be read again, and as it is now: the connector may go on changing its own. */
const checkCheckpoint = (change: Extract<Change, { type: 'checkpoint' }>, schema: z.ZodType): Checked => {
  const cursor = storedForm(change.cursor);
  if (cursor === undefined || !schema.safeParse(cursor).success) {
    return broken('It yielded a checkpoint that it could not read again.');
  }
  return { changes: [{ type: 'checkpoint', cursor }] };
};

/** Undefined for what no JSON is. */
const storedForm = (cursor: unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(cursor));
  } catch {
    return undefined;
  }
};

const checkProblem = ({ key, error }: Extract<Change, { type: 'problem' }>): Checked => {
  const message = messageOf(error);
  if (key === undefined) return { changes: [], problem: { message } };
  const checked = keySchema.safeParse(key);
  // A key that is none names nothing that could count as seen.
  if (!checked.success) return { changes: [], problem: { message } };
  return { changes: [{ type: 'seen', key }], problem: { key, message } };
};
