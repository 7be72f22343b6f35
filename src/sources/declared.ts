import type { Operation } from '../core/connector.ts';

/** A call that was declared: the operation, and the pattern that stands for it in errors and logs, since an address may quote a document. */
export interface DeclaredCall {
  readonly operation: Operation;
  readonly pattern: string;
}

/**
 * Finds the operation a call belongs to. In a pattern `*` is one segment of the path, `*.git` one that ends so and is
 * longer, and a last `**` one or more. A path is compared as it is sent: one whose segments could be read in two ways (empty, or
 * with an encoded slash, backslash or dot segment) belongs to no operation.
 */
export const declaredCalls = (
  operations: readonly Operation[],
): ((method: string, pathname: string) => DeclaredCall | undefined) => {
  const declared = operations.flatMap((operation) =>
    operation.calls.map((pattern) => {
      const [method = '', path = ''] = pattern.split(' ');
      return { operation, pattern, method, steps: stepsOf(path) };
    }),
  );
  return (method, pathname) => {
    const steps = stepsOf(pathname);
    if (!steps.every(isPlain)) return undefined;
    const found = declared.find((call) => call.method === method && matches(call.steps, steps));
    return found && { operation: found.operation, pattern: found.pattern };
  };
};

const stepsOf = (path: string): string[] => path.split('/').slice(1);

/** No server may find another segment in it than we did, not even one that decodes twice. */
const isPlain = (step: string): boolean => {
  try {
    const text = decodeURIComponent(step);
    return text !== '' && text !== '.' && text !== '..' && !/[/\\\p{Cc}]|%(?:2e|2f|5c|00)/iu.test(text);
  } catch {
    return false;
  }
};

const matches = (pattern: readonly string[], steps: readonly string[]): boolean => {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? steps.length <= fixed.length : steps.length !== fixed.length) return false;
  return fixed.every((step, index) => matchesStep(step, steps[index] ?? ''));
};

const matchesStep = (wanted: string, step: string): boolean =>
  wanted.startsWith('*') ? step.length >= wanted.length && step.endsWith(wanted.slice(1)) : step === wanted;
