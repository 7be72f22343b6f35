import { z } from 'zod';

import { aclSchema } from '../core/acl.ts';
import { AppError } from '../core/errors.ts';
import type { Account } from '../core/document.ts';
import type { Concluded, Decision, Finding, Proposal } from '../core/proposal.ts';
import { sealed, unsealed } from '../core/sealed.ts';
import type { Receipt } from '../core/write.ts';
import type { KeyRing } from '../store/keys.ts';

/** What a proposal is, in full: what was asked by whom, and what they were shown. */
export interface Content {
  readonly identity: { readonly issuer: string; readonly subject: string; readonly email?: string };
  readonly actor?: string | undefined;
  readonly client: string;
  readonly key?: string | undefined;
  /** As it was given; its action parses it each time. */
  readonly input: unknown;
  /** SHA-256 of what was asked for, hex: the same request has the same. */
  readonly request: string;
  readonly revision?: string | undefined;
  /** As whom it is written in the source. */
  readonly as: Account;
  /** The action whose write this takes back. */
  readonly takesBack?: string | undefined;
  readonly proposal: Proposal;
}

const text = z.string();
const changes = z.array(z.strictObject({ field: text, before: text.exactOptional(), after: text.exactOptional() }));
const identity = z.strictObject({ issuer: text, subject: text, email: text.exactOptional() });
const account: z.ZodType<Account> = z.strictObject({
  id: text,
  name: text.exactOptional(),
  emails: z.array(text),
  active: z.boolean(),
  kind: z.enum(['member', 'guest']),
});
const proposal: z.ZodType<Proposal> = z.strictObject({
  id: text,
  action: text,
  source: text,
  document: text.exactOptional(),
  target: text,
  changes,
  audience: aclSchema,
  exposed: z.array(z.strictObject({ id: text, at: z.number() })),
  warnings: z.array(text),
  needs: z.enum(['auto', 'confirm', 'approve']),
  expiresAt: z.number(),
});
export const contentSchema: z.ZodType<Content> = z.strictObject({
  identity,
  actor: text.exactOptional(),
  client: text,
  key: text.exactOptional(),
  input: z.unknown(),
  request: text,
  revision: text.exactOptional(),
  as: account,
  takesBack: text.exactOptional(),
  proposal,
});

/** A decision, and which documents whoever made it had before them as exposed. */
export interface KeptDecision extends Decision {
  readonly exposed: readonly string[];
}
export const decisionSchema: z.ZodType<KeptDecision> = z.strictObject({
  yes: z.boolean(),
  through: z.enum(['elicitation', 'page', 'cli', 'client']),
  by: text,
  exposed: z.array(text),
});

/** Who settled what was uncertain, and by whose word. */
export interface KeptFinding extends Omit<Finding, 'written'> {
  readonly word: Concluded['word'];
}
export const findingSchema: z.ZodType<KeptFinding> = z.strictObject({
  through: z.literal('cli'),
  by: text,
  word: z.enum(['person', 'source']),
});

/** A longer text of an action's is a mistake. */
const SHORT = 4_000;
const short = z.string().max(SHORT);
const aim = z.strictObject({ key: short.exactOptional(), input: z.unknown() });
const undo = z.strictObject({ action: short, aim, revision: short.exactOptional() });
export const receiptSchema: z.ZodType<Receipt> = z.strictObject({
  key: short.min(1),
  url: short.exactOptional(),
  before: short.exactOptional(),
  after: short.exactOptional(),
  undo: undo.exactOptional(),
});

/** Parts of a row. Each opens only as what it is, and in the row of its proposal. */
type Part = 'content' | 'decision' | 'note' | 'receipt' | 'finding' | 'link';

export interface Sealing {
  readonly keys: KeyRing;
  readonly random: (size: number) => Uint8Array;
}

/** Seals a part of a proposal. */
export const seal = (id: string, part: Part, value: unknown, { keys, random }: Sealing): Uint8Array =>
  sealed(Buffer.from(JSON.stringify(value)), { key: keys[0], bound: boundTo(id, part) }, random);

/** Opens it; throws `unavailable` for what was changed, or sealed with another key. */
export const unseal = <T>(bytes: Uint8Array, id: string, part: Part, schema: z.ZodType<T>, keys: KeyRing): T => {
  for (const key of keys) {
    const plain = unsealed(bytes, { key, bound: boundTo(id, part) });
    if (plain) return schema.parse(JSON.parse(plain.toString()));
  }
  throw new AppError(
    'unavailable',
    `The proposal ${id} does not open: it was made with another key, or was changed in the ledger. Propose it again.`,
  );
};

const boundTo = (id: string, part: Part): Buffer => Buffer.from(`castellan 1 proposal ${part}\0${id}`);
