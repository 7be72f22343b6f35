import { z } from 'zod';

import type { Field, Location } from '../../core/document.ts';
import { AppError } from '../../core/errors.ts';

/** Parses JSON read from the index. What does not fit was not written by us: the file is damaged, and nothing is guessed. */
export const storedJson = <T>(schema: z.ZodType<T>, text: string, what: string): T => {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(what, cause);
  }
};

/** The fields of a document, looked at by hand: a search with conditions reads those of every visible document. */
export const storedFields = (text: string): Readonly<Record<string, Field>> => {
  try {
    const fields: unknown = JSON.parse(text);
    if (isFields(fields)) return fields;
  } catch (cause) {
    throw damaged('the fields of a document', cause);
  }
  throw damaged('the fields of a document');
};

const isFields = (value: unknown): value is Readonly<Record<string, Field>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isField);

const isField = (value: unknown): value is Field =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const damaged = (what: string, cause?: unknown): AppError =>
  new AppError('unavailable', `The index is damaged: ${what} cannot be read. Restore it from a backup, or sync anew.`, { cause });

export const labelsSchema: z.ZodType<readonly string[]> = z.array(z.string());

export const fieldsSchema: z.ZodType<Readonly<Record<string, Field>>> = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

export const locationSchema: z.ZodType<Location> = z.strictObject({
  headings: z.array(z.string()).exactOptional(),
  page: z.number().exactOptional(),
  slide: z.number().exactOptional(),
  sheet: z.string().exactOptional(),
  cells: z.string().exactOptional(),
  message: z.string().exactOptional(),
  row: z.string().exactOptional(),
  field: z.string().exactOptional(),
});
