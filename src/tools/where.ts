import { z } from 'zod';

import { spanOf } from '../core/instant.ts';
import { labelKey } from '../core/label.ts';
import { FIELD_NAMES, FIELDS } from '../core/normalised.ts';
import type { Condition } from '../core/where.ts';

const CONDITIONS_MAX = 5;
const TEXT_MAX = 500;

/** Published as a list of types: what a value must be depends on its field, and is said where it is not. */
const published = (...type: readonly string[]): z.ZodOptional<z.ZodUnknown> => z.unknown().meta({ type }).optional();
const boundSchema = published('string', 'number').pipe(
  z.union([z.string().max(TEXT_MAX), z.number()], { error: 'must be a number, or a date or time' }).optional(),
);

const conditionSchema = z
  .strictObject({
    field: z.enum(FIELD_NAMES, { error: `must be one of ${FIELD_NAMES.join(', ')}` }),
    is: published('string', 'number', 'null').pipe(
      z.union([z.string().max(TEXT_MAX), z.number(), z.null()], { error: 'must be text, a number or null' }).optional(),
    ),
    from: boundSchema,
    to: boundSchema,
  })
  .transform((given, context): Condition => {
    const meant = conditionOf(given);
    if (!('fault' in meant)) return meant;
    context.addIssue({ code: 'custom', message: meant.fault, path: meant.at === undefined ? [] : [meant.at] });
    return z.NEVER;
  });

/** Conditions over the declared fields of documents, all of which must hold. Which fields there are is the same for everybody. */
export const whereSchema = z
  .array(conditionSchema)
  .min(1, { error: 'must not be empty; leave it out' })
  .max(CONDITIONS_MAX, { error: `must have at most ${CONDITIONS_MAX} conditions` })
  .optional()
  .describe('All must hold. "is": equal, in any case; null: has none. "from", "to": inclusive numbers or ISO 8601 times');

interface Given {
  readonly field: Condition['field'];
  readonly is?: string | number | null | undefined;
  readonly from?: string | number | undefined;
  readonly to?: string | number | undefined;
}

/** What is wrong with a condition, and at which of its keys. */
interface Fault {
  readonly fault: string;
  readonly at?: 'is' | 'from' | 'to';
}

const conditionOf = ({ field, is, from, to }: Given): Condition | Fault => {
  const ranged = from !== undefined || to !== undefined;
  if ((is === undefined) === !ranged) return { fault: 'must have either "is", or "from" or "to" or both' };
  if (is === null) return { field, must: 'be none' };
  if (FIELDS[field] === 'text') {
    if (ranged)
      return {
        fault: `must be left out: ${field} is text, and can only be compared by "is"`,
        at: from === undefined ? 'to' : 'from',
      };
    if (typeof is !== 'string') return { fault: `must be text, as ${field} is`, at: 'is' };
    const text = labelKey(is);
    return text === '' ? { fault: 'must not be empty; null finds those that have none', at: 'is' } : { field, must: 'be', text };
  }
  return between(field, is ?? from, is ?? to, is === undefined ? ['from', 'to'] : ['is', 'is']);
};

const between = (
  field: Condition['field'],
  from: string | number | undefined,
  to: string | number | undefined,
  [first, last]: readonly ['from' | 'is', 'to' | 'is'],
): Condition | Fault => {
  const [begins, ends] = [
    from === undefined ? undefined : placeOf(field, from),
    to === undefined ? undefined : placeOf(field, to),
  ];
  if (from !== undefined && begins === undefined) return { fault: wanted(field), at: first };
  if (to !== undefined && ends === undefined) return { fault: wanted(field), at: last };
  if (begins && ends && begins.from > ends.to) return { fault: 'must not be less than "from"', at: 'to' };
  return { field, must: 'lie', ...(begins && { from: begins.from }), ...(ends && { to: ends.to }) };
};

/** The first and last value that are meant: a day is all of it. */
const placeOf = (
  field: Condition['field'],
  value: string | number,
): { readonly from: number; readonly to: number } | undefined => {
  if (FIELDS[field] === 'instant') return typeof value === 'string' ? spanOf(value) : undefined;
  return typeof value === 'number' ? { from: value, to: value } : undefined;
};

const wanted = (field: Condition['field']): string =>
  FIELDS[field] === 'instant'
    ? `must be a date or time like 2026-01-31 or 2026-01-31T12:00:00Z, as ${field} is`
    : `must be a number, as ${field} is`;
