import { z } from 'zod';

import { AppError } from '../../../core/errors.ts';
import { type AuditRow, PERSONAL_FIELDS } from '../../ledger.ts';
import type { Database } from '../database.ts';
import { bodySchema, keptArguments } from './row.ts';

/** More rows are read page by page. */
const LIST_MAX = 10_000;

/** Reads rows of the chain with what is left of their personal fields, newest first. */
export const createList = (db: Database): ((limit: number, before?: number) => AuditRow[]) => {
  const rows = db.prepare<[number, number], StoredRow>(`
    SELECT
      audit.seq, audit.body, audit.hash,
      who.value AS who, actor.value AS actor, email.value AS email, arguments.value AS arguments
    FROM audit
    LEFT JOIN personal AS who ON who.seq = audit.seq AND who.field = 'who'
    LEFT JOIN personal AS actor ON actor.seq = audit.seq AND actor.field = 'actor'
    LEFT JOIN personal AS email ON email.seq = audit.seq AND email.field = 'email'
    LEFT JOIN personal AS arguments ON arguments.seq = audit.seq AND arguments.field = 'arguments'
    WHERE audit.seq < ?
    ORDER BY audit.seq DESC
    LIMIT ?`);
  return (limit, before = Number.MAX_SAFE_INTEGER) => rows.all(before, Math.min(limit, LIST_MAX)).map(readRow);
};

interface StoredRow {
  readonly seq: number;
  readonly body: string;
  readonly hash: Buffer;
  readonly who: string | null;
  readonly actor: string | null;
  readonly email: string | null;
  readonly arguments: string | null;
}

const readRow = (row: StoredRow): AuditRow => {
  try {
    const { v: _v, who, actor, email, arguments: given, basis, rules, ...body } = bodySchema.parse(JSON.parse(row.body));
    const committed = { who, actor, email, arguments: given };
    const erased = PERSONAL_FIELDS.filter((field) => committed[field] !== undefined && row[field] === null);
    return {
      ...body,
      ...(basis === undefined ? {} : { basis }),
      ...(rules === undefined ? {} : { rules }),
      ...(row.who === null ? {} : { who: text(row.who) }),
      ...(row.actor === null ? {} : { actor: text(row.actor) }),
      ...(row.email === null ? {} : { email: text(row.email) }),
      ...(row.arguments === null ? {} : { arguments: argumentsOf(row.arguments) }),
      ...(erased.length === 0 ? {} : { erased }),
      hash: row.hash.toString('hex'),
    };
  } catch (cause) {
    throw new AppError('unavailable', `Row ${row.seq} of the audit cannot be read. Run: castellan audit verify`, { cause });
  }
};

const text = (json: string): string => z.string().parse(JSON.parse(json));

/** What was given, or what stands for it. */
const argumentsOf = (json: string): unknown => {
  const kept = keptArguments.parse(JSON.parse(json));
  return 'given' in kept ? kept.given : kept;
};
