import { type Identity, identityName } from './caller.ts';
import type { Shared } from './principal.ts';
import type { Rules } from './rules.ts';

/**
 * What a caller without a person holds: only what the configuration lists. It has no e-mail and no links,
 * and is never `everyone`.
 */
export interface Service {
  readonly shared: readonly Exclude<Shared, 'everyone'>[];
  /** Ids of accounts by source: there it is that account, with the groups the source lists it in. */
  readonly accounts: ReadonlyMap<string, readonly string[]>;
}

/** The service an identity is by the configuration, whatever else is known of that identity. */
export const serviceOf = (identity: Identity, { services }: Pick<Rules, 'services'>): Service | undefined =>
  services?.get(identityName(identity));
