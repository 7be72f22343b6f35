import type { Shared } from './principal.ts';

/**
 * What a caller without a person holds: only what the configuration lists. It has no e-mail and no links,
 * and is never `everyone`.
 */
export interface Service {
  readonly shared: readonly Exclude<Shared, 'everyone'>[];
  /** Ids of accounts by source: there it is that account, with the groups the source lists it in. */
  readonly accounts: ReadonlyMap<string, readonly string[]>;
}
