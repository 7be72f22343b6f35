import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import { type Environment, secretOf } from './environment.ts';
import { nearest } from './nearest.ts';

/** A part of the file: as it is written, and with the environment's values put in. */
export interface Written {
  readonly written: unknown;
  readonly value: unknown;
}

export interface ParseOptions {
  readonly file: string;
  /** Where the part stands in the file. */
  readonly path: readonly string[];
  readonly env: Environment;
  /** Settings that may stand beside those of the schema. */
  readonly beside?: readonly string[];
}

/** Parses a part of the file, or says in one sentence what is wrong with it. */
export const parseSettings = <T>(schema: z.ZodType<T>, part: Written, options: ParseOptions): T => {
  const first = schema.safeParse(part.value, { error: phrase });
  if (first.success) return first.data;
  const second = schema.safeParse(withSecrets(part, first.error.issues, options.env), { error: phrase });
  if (second.success) return second.data;
  // A wrong name before what is missing because of it.
  const { issues } = second.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  throw new AppError('config', `${options.file}: ${sentence(issue, schema, options)}`);
};

/** Secrets take the place of what the environment gave where a secret is asked for, and nowhere else. */
const withSecrets = ({ written, value }: Written, issues: readonly z.core.$ZodIssue[], env: Environment): unknown =>
  issues
    .filter((issue) => issue.code === 'invalid_type' && String(issue.expected) === 'Secret')
    .reduce((tree, { path }) => {
      const secret = secretOf(at(written, path), env);
      return secret ? replaced(tree, path, secret) : tree;
    }, value);

/** What stands at a path; undefined when nothing does. */
export const at = (tree: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => membersOf(inner)[String(key)], tree);

const replaced = (tree: unknown, [key, ...path]: readonly PropertyKey[], by: unknown): unknown => {
  if (key === undefined) return by;
  if (Array.isArray(tree)) return tree.map((element: unknown, index) => (index === key ? replaced(element, path, by) : element));
  const members = membersOf(tree);
  return { ...members, [key]: replaced(members[String(key)], path, by) };
};

const membersOf = (tree: unknown): Record<string, unknown> =>
  typeof tree === 'object' && tree !== null ? Object.fromEntries(Object.entries(tree)) : {};

const sentence = (issue: z.core.$ZodIssue | undefined, schema: z.ZodType, { path: base, beside = [] }: ParseOptions): string => {
  if (!issue) return 'cannot be read.';
  const path = [...base, ...issue.path.map(String)];
  if (issue.code !== 'unrecognized_keys') return `${path.join('.') || 'the file'} ${issue.message}.`;
  const known = [...keysAt(schema, issue.path), ...(issue.path.length === 0 ? beside : [])].toSorted();
  return unknownWord([...path, issue.keys[0] ?? ''].join('.'), 'is not a known setting', issue.keys[0] ?? '', known);
};

/** A sentence about a word nobody knows: what it may have meant, and what there is. */
export const unknownWord = (where: string, what: string, word: string, known: readonly string[]): string => {
  const meant = nearest(word, known);
  return `${where} ${what}.${meant === undefined ? '' : ` Did you mean ${meant}?`} Known: ${known.join(', ')}.`;
};

/** The settings a schema knows at a path. */
const keysAt = (schema: z.core.$ZodType, [key, ...path]: readonly PropertyKey[]): string[] => {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = inner.shape;
    const next = key === undefined ? undefined : shape[String(key)];
    return next ? keysAt(next, path) : Object.keys(shape);
  }
  if (key !== undefined && inner instanceof z.ZodRecord) return keysAt(inner.valueType, path);
  if (key !== undefined && inner instanceof z.ZodArray) return keysAt(inner.element, path);
  return [];
};

/** What stands inside `optional`, `default` and their like. */
const unwrapped = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) return unwrapped(schema.def.innerType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrapped(schema.def.innerType);
  return schema instanceof z.ZodPipe ? unwrapped(schema.def.in) : schema;
};

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
  record: 'a group of settings',
};

/** What zod found wrong, as the end of a sentence that begins with the setting's path. */
const phrase = (issue: z.core.$ZodRawIssue): string => {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === null ? 'is empty' : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `is longer than ${issue.maximum}`
        : `must be at most ${issue.maximum}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'is not a name';
    default:
      return 'is not what is expected here';
  }
};
