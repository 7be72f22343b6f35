import { z } from 'zod';

import type { Field, Location } from '../../core/document.ts';
import { AppError } from '../../core/errors.ts';

/** Parses JSON read from the index. What does not fit was not written by us: the file is damaged, and nothing is guessed. */
export const storedJson = <T>(schema: z.ZodType<T>, text: string, what: string): T => {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('unavailable', `The index is damaged: ${what} cannot be read. Restore it from a backup, or sync anew.`, {
      cause,
    });
  }
};

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
