import { z } from 'zod';

import type { Given } from './told.ts';

const document = z
  .looseObject({
    id: z.string(),
    title: z.string(),
    url: z.string(),
    metadata: z.looseObject({ fresh: z.boolean().optional(), updated_at: z.string().optional() }).optional(),
  })
  .transform(({ id, title, url, metadata = {} }): Given => ({
    id,
    title,
    url,
    ...(metadata.updated_at === undefined ? {} : { updatedAt: metadata.updated_at }),
    ...(metadata.fresh === undefined ? {} : { fresh: metadata.fresh }),
  }));

const refusal = z.object({ error: z.object({ message: z.string(), retry: z.boolean().default(false) }) });

/** What a tool answered, as far as it is told. */
export interface Heard {
  readonly documents: readonly Given[];
  /** Why it did not answer. */
  readonly failed?: string;
  /** Whether the same call may succeed in a moment. */
  readonly retry: boolean;
}

/** Reads the answer of a tool, which is JSON in one text; what is anything else holds no document. */
export const heardOf = (text: string): Heard => {
  const answer = jsonOf(text);
  const refused = refusal.safeParse(answer);
  if (refused.success) return { documents: [], failed: refused.data.error.message, retry: refused.data.error.retry };
  const found = z.object({ results: z.array(document) }).safeParse(answer);
  if (found.success) return { documents: found.data.results, retry: false };
  const fetched = document.safeParse(answer);
  return { documents: fetched.success ? [fetched.data] : [], retry: false };
};

/** A JSON value, or the text itself where it is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
