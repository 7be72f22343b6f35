import type { Operation } from '../../core/connector.ts';

/** The scopes that the operations of a connector declare, each once, in the order of the alphabet. */
export const declaredScopes = (operations: readonly Operation[]): readonly string[] =>
  [...new Set(operations.flatMap(({ scope }) => (scope === undefined ? [] : scopesIn(scope))))].toSorted();

/** Scopes as they are written: with spaces, or by some with commas. */
export const scopesIn = (written: string): readonly string[] => written.split(/[\s,]+/u).filter(Boolean);

/** What was not granted though it is declared, and what was granted though it is not. */
export const comparedScopes = (
  declared: readonly string[],
  granted: readonly string[],
): { readonly missing: readonly string[]; readonly beyond: readonly string[] } => ({
  missing: declared.filter((scope) => !granted.includes(scope)),
  beyond: granted.filter((scope) => !declared.includes(scope)),
});
