import { type TokenScope, TOKEN_SCOPES } from '../core/caller.ts';

/** Those of ours among the scopes of a token; others are another server's business. */
export const scopesOf = (carried: readonly string[]): readonly TokenScope[] =>
  TOKEN_SCOPES.filter((scope) => carried.includes(scope));
