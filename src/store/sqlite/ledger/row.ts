import { createHmac } from 'node:crypto';

import { z } from 'zod';

import { type AuditEvent, WRITE_OUTCOMES } from '../../../core/audit.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { AppError, ERRORS } from '../../../core/errors.ts';
import type { PersonalField } from '../../ledger.ts';
import { commitmentTo } from './chain.ts';

/** Arguments with longer canonical JSON, in bytes, are recorded as length and keyed hash. */
const ARGUMENTS_MAX = 1024;
/** Names that a client chooses freely (its own, a tool's) are cut here, so that it cannot fill the ledger. */
const NAME_MAX = 256;
const SALT_BYTES = 16;

const hex = z.string().regex(/^[0-9a-f]{64}$/u);
const count = z.number().int().nonnegative();

/** The body of a row of the chain. Error codes are only ever added, so that every old row can be read. */
export const bodySchema = z.strictObject({
  v: z.literal(1),
  seq: count,
  at: z.number(),
  request: z.string(),
  who: hex,
  actor: hex.optional(),
  email: hex.optional(),
  client: z.string(),
  tool: z.string(),
  arguments: hex,
  documents: z.array(
    z.strictObject({
      id: z.string(),
      content: z.string(),
      acl: z.number(),
      permissionsAt: z.number().exactOptional(),
      decidedBy: z.literal('live').exactOptional(),
    }),
  ),
  basis: z.strictObject({ version: z.number(), epoch: z.number(), databaseId: z.string() }).optional(),
  rules: hex.optional(),
  outcome: z.custom<AuditEvent['outcome']>((outcome) => typeof outcome === 'string' && isOutcome(outcome)),
});
export type Body = z.infer<typeof bodySchema>;

/** What lies beside the chain for one personal field. */
interface Personal {
  readonly field: PersonalField;
  readonly salt: Uint8Array;
  /** Canonical JSON. */
  readonly value: string;
}

/** A row before it is hashed. */
export interface Row {
  /** Canonical JSON. */
  readonly body: string;
  readonly personal: readonly Personal[];
}

export interface RowOptions {
  /** Key of the hash that stands for long arguments. */
  readonly key: Uint8Array;
  readonly random: (size: number) => Uint8Array;
}

/** The arguments as they are kept: what was given, or its length and keyed hash. */
export const keptArguments = z.union([
  z.strictObject({ given: z.unknown() }),
  z.strictObject({ length: count, hmac: hex }),
  z.strictObject({ unreadable: z.string() }),
]);

/** An event ready to be written: its arguments are text already, so that whatever they were, it crosses to a thread. */
export interface Recorded extends Omit<AuditEvent, 'arguments'> {
  readonly arguments: { readonly given: string } | { readonly unreadable: string };
}

/** Makes an event ready to be written. */
export const recordedOf = (event: AuditEvent): Recorded => ({ ...event, arguments: textOf(event.arguments) });

/** Writes an event as row `seq` of the chain, its personal fields as salted commitments. */
export const rowOf = (event: Recorded, seq: number, { key, random }: RowOptions): Row => {
  const { at, request, who, actor, email, client, tool, documents, basis, rules, outcome } = event;
  const personal: Personal[] = [];
  const commit = (field: PersonalField, value: string): string => {
    const salt = random(SALT_BYTES);
    personal.push({ field, salt, value });
    return commitmentTo(salt, field, value);
  };
  const body = {
    v: 1,
    seq,
    at,
    request: request.slice(0, NAME_MAX),
    who: commit('who', canonicalJson(who)),
    actor: actor === undefined ? undefined : commit('actor', canonicalJson(actor)),
    email: email === undefined ? undefined : commit('email', canonicalJson(email)),
    client: client.slice(0, NAME_MAX),
    tool: tool.slice(0, NAME_MAX),
    arguments: commit('arguments', keptText(event.arguments, key)),
    documents: documents.map(({ id, content, acl, permissionsAt, decidedBy }) => ({
      id,
      content,
      acl,
      permissionsAt,
      decidedBy,
    })),
    basis: basis && { version: basis.version, epoch: basis.epoch, databaseId: basis.databaseId },
    rules,
    outcome,
  } satisfies Record<keyof Body, unknown>;
  return { body: canonicalJson(body), personal };
};

const textOf = (given: unknown): Recorded['arguments'] => {
  try {
    return { given: canonicalJson(given) };
  } catch (error) {
    // Too deep to be written: one hostile call must not keep the calls that are committed with it from being recorded.
    if (error instanceof AppError) return { unreadable: error.message };
    throw error;
  }
};

const keptText = (kept: Recorded['arguments'], key: Uint8Array): string => {
  if ('unreadable' in kept) return canonicalJson(kept);
  const length = Buffer.byteLength(kept.given);
  if (length <= ARGUMENTS_MAX) return `{"given":${kept.given}}`;
  return canonicalJson({ length, hmac: createHmac('sha256', key).update(kept.given).digest('hex') });
};

const isOutcome = (outcome: string): boolean =>
  ['answered', 'absent', 'refused', ...WRITE_OUTCOMES].includes(outcome) || Object.hasOwn(ERRORS, outcome);
