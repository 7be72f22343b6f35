import type { z } from 'zod';

import { AppError } from '../core/errors.ts';
import { cutBefore } from '../core/cut.ts';

/** Faults told of one input; more would not be mended at once. */
const FAULTS_MAX = 3;
/** A longer name is not repeated whole. */
const NAME_MAX = 100;

/** What a tool was given, or one sentence that says what to mend. */
export const parseInput = (schema: z.ZodType, given: unknown): unknown => {
  const parsed = schema.safeParse(given, { error: phrase });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, FAULTS_MAX)
    .map(({ path, message }) => [path.map(String).join('.') || 'it', message].join(' '));
  throw new AppError('invalid_input', `The input does not fit: ${faults.join(', and ')}.`, { cause: parsed.error });
};

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What zod found wrong, as the end of a sentence that begins with a name. What a tool says itself comes before this. */
const phrase = (issue: z.core.$ZodRawIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'unrecognized_keys':
      return `must not have ${issue.keys.slice(0, FAULTS_MAX).map(shown).join(', ')}: leave that out`;
    case 'too_small':
      return isCounted(issue.origin) ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return isCounted(issue.origin) ? `must not be longer than ${issue.maximum}` : `must be at most ${issue.maximum}`;
    default:
      return 'is not what is expected here';
  }
};

const isCounted = (origin: string): boolean => origin === 'string' || origin === 'array';

const shown = (name: string): string => JSON.stringify(name.slice(0, cutBefore(name, NAME_MAX)));
