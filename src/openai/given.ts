import { z } from 'zod';

import type { Gave, Given, Wrote } from './told.ts';

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

/** A proposal holds what its target says now, and names what more people could read. */
const proposal = z
  .looseObject({ changes: z.array(z.unknown()), id: z.string().optional(), exposes: z.array(z.string()).default([]) })
  .transform(({ id, exposes }) => [...(id === undefined ? [] : [id]), ...exposes]);

const wrote = z
  .object({
    outcome: z.enum(['done', 'absent', 'uncertain', 'undecided']),
    proposal: z.string(),
    id: z.string().optional(),
    url: z.string().optional(),
    undo: z.string().optional(),
    fresh: proposal.optional(),
  })
  .transform(({ outcome, proposal: of, id, url, undo, fresh }): Pick<Gave, 'wrote' | 'quoted'> => {
    const became: Wrote = {
      outcome,
      proposal: of,
      ...(id === undefined ? {} : { id }),
      ...(url === undefined ? {} : { url }),
      ...(undo === undefined ? {} : { undo }),
    };
    return { wrote: became, ...(fresh && { quoted: fresh }) };
  });

/** What a tool answered, as far as it is told. */
export interface Heard extends Gave {
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
  const proposed = proposal.safeParse(answer);
  if (proposed.success) return { documents: [], quoted: proposed.data, retry: false };
  const written = wrote.safeParse(answer);
  if (written.success) return { documents: [], ...written.data, retry: false };
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
