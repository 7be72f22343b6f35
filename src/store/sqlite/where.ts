import { z } from 'zod';

import { FIELD_NAMES } from '../../core/normalised.ts';
import { type Condition, meeting, type Meets } from '../../core/where.ts';
import type { Database } from './database.ts';
import { storedFields, storedJson } from './stored-json.ts';

/**
 * Teaches a connection `meets(fields, conditions)`: whether a document's fields (a JSON object, as stored) meet what is asked
 * (a JSON array, as `boundWhere` makes it). It looks at the documents that are visible and at no other: an index over values
 * would be read where hidden ones stand beside them.
 */
export const prepareWhere = (db: Database): void => {
  let of = '';
  let meets: Meets = NEVER;
  db.function('meets', { deterministic: true }, (fields: string, where: string): number => {
    if (where !== of) meets = meeting(storedJson(whereSchema, where, 'a question'));
    of = where;
    return meets(storedFields(fields)) ? 1 : 0;
  });
};

const NEVER: Meets = () => false;

/** Conditions, ready to be bound: null asks for nothing. */
export const boundWhere = (where: readonly Condition[] | undefined): string | null =>
  where === undefined ? null : JSON.stringify(where);

const field = z.enum(FIELD_NAMES);
const whereSchema: z.ZodType<readonly Condition[]> = z.array(
  z.discriminatedUnion('must', [
    z.strictObject({ field, must: z.literal('be none') }),
    z.strictObject({ field, must: z.literal('be'), text: z.string() }),
    z.strictObject({ field, must: z.literal('lie'), from: z.number().exactOptional(), to: z.number().exactOptional() }),
  ]),
);
