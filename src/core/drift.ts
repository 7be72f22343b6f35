import { z } from 'zod';

/**
 * How a source is no longer what its connector was written for, or soon will not be. Paths and names of calls, and never a value.
 * `moved_field`: a record could not be understood, since a field was missing or of another kind. `at`: ms since 1970.
 */
export const driftSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('unknown_field'), call: z.string(), path: z.string() }),
  z.strictObject({ kind: z.literal('moved_field'), call: z.string(), path: z.string() }),
  z.strictObject({
    kind: z.literal('sunset'),
    call: z.string(),
    at: z.number().exactOptional(),
    link: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('advice'), message: z.string() }),
]);
export type Drift = z.infer<typeof driftSchema>;

/** The same things, and how often each was met in one run. */
export interface RunDrift {
  readonly met: readonly { readonly what: Drift; readonly times: number }[];
  /** Of other things, when there were too many different ones to keep. */
  readonly more: number;
}
