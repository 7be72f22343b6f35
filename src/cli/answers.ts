import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import type { CallResult } from '../server/call.ts';

/** What the terminal shows of a document's metadata. */
const metadata = z.looseObject({
  type: z.string(),
  updated_at: z.string(),
  fresh: z.boolean(),
  semantic: z.string(),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  location: z.looseObject({ headings: z.array(z.string()).optional(), page: z.number().optional() }).optional(),
});

const shown = z.looseObject({ id: z.string(), title: z.string(), text: z.string(), url: z.string(), metadata });

/** One document of an answer, as far as a person is shown it. */
export type Shown = z.infer<typeof shown>;

/** An answer of `search`, as far as a person is shown it. */
export const searchAnswer = z.looseObject({
  results: z.array(shown),
  next_cursor: z.string().optional(),
  degraded: z.array(z.string()).optional(),
  partial: z.boolean().optional(),
});

/** An answer of `fetch`, as far as a person is shown it. */
export const fetchAnswer = shown.extend({ next_cursor: z.string().optional() });

/** The answer, or the refusal as the error it is. */
export const outputOf = (result: CallResult): unknown => {
  if ('error' in result) throw new AppError(result.error.code, result.error.message);
  return result.output;
};
