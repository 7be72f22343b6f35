import type { z } from 'zod';

import { AppError } from './errors.ts';
import type { Notice } from './notice.ts';
import { pathOfIssue, unknownIn } from './reply-fields.ts';

export interface ReplyOptions {
  /** The operation that was called, as its connector declares it: for errors and notices. */
  readonly call: string;
  /** Fields the source is known to send and that mean nothing here, as in `issue.reactions`: all below one is ignored too. */
  readonly ignores?: readonly string[];
  readonly notice: (notice: Notice) => void;
}

/**
 * Understands what a source replied. A field that is missing or of another kind is `source_changed`, with the path that moved,
 * and never a silent null; a field nobody knows is counted, and changes nothing.
 */
export const parseReply = <T>(schema: z.ZodType<T>, reply: unknown, { call, ignores = [], notice }: ReplyOptions): T => {
  const parsed = schema.safeParse(reply);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = pathOfIssue(schema, issue?.path ?? []) || 'the reply';
    throw new AppError(
      'source_changed',
      `${call} answered with something else than it used to at ${path} (${complaintOf(issue)}). Look for a newer version of this connector.`,
      { cause: parsed.error, moved: { call, path } },
    );
  }
  for (const path of unknownIn(schema, reply, new Set(ignores))) notice({ kind: 'unknown_field', call, path });
  return parsed.data;
};

/** What zod says of it, but never the names that a strict object found in the reply: those are somebody's data. */
const complaintOf = (issue: z.core.$ZodIssue | undefined): string => {
  if (!issue) return 'invalid';
  return issue.code === 'unrecognized_keys' ? 'fields it must not have' : issue.message;
};
