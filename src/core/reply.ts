import { z } from 'zod';

import { AppError } from './errors.ts';
import type { Notice } from './notice.ts';

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
    const path = issue?.path.map(String).join('.') || 'the reply';
    throw new AppError(
      'source_changed',
      `${call} answered with something else than it used to at ${path} (${issue?.message ?? 'invalid'}). Look for a newer version of this connector.`,
      { cause: parsed.error },
    );
  }
  const known = new Set(ignores);
  for (const path of new Set(unknownIn(schema, reply, '')))
    if (!isKnown(path, known)) notice({ kind: 'unknown_field', call, path });
  return parsed.data;
};

const isKnown = (path: string, known: ReadonlySet<string>): boolean => {
  const steps = path.split('.');
  return steps.some((_, index) => known.has(steps.slice(0, index + 1).join('.')));
};

/** The paths of all fields that a schema does not name. */
function* unknownIn(schema: z.core.$ZodType, value: unknown, path: string): Generator<string> {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const element of value) yield* unknownIn(inner.element, element, `${path}[]`);
  } else if (inner instanceof z.ZodObject && typeof value === 'object' && value !== null) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = inner.shape;
    for (const [key, member] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      const own = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (own) yield* unknownIn(own, member, at);
      else yield at;
    }
  }
}

/** What stands inside `optional`, `nullable`, `default` and their like. */
const unwrapped = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapped(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? unwrapped(schema.def.in) : schema;
};
