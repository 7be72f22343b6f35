/** How far a client may go with writes; each is stricter than the one before. */
export const WRITE_POLICIES = ['auto', 'confirm', 'approve', 'forbid'] as const;
export type WritePolicy = (typeof WRITE_POLICIES)[number];

/** What one client may carry, whoever asks through it. It narrows what the person may see and do, and never widens it. */
export interface ClientPolicy {
  /** Only these sources; absent means all. */
  readonly sources?: readonly string[];
  /** No document that has one of these labels. */
  readonly denyLabels: readonly string[];
  readonly writes: WritePolicy;
}

/** The policies of the configuration. */
export interface Policies {
  /** For every client that is not named. */
  readonly default: ClientPolicy;
  /** By client, as an issuer or a skin names it. */
  readonly clients: ReadonlyMap<string, ClientPolicy>;
}

/** Narrows nothing. */
export const NO_POLICY: ClientPolicy = { denyLabels: [], writes: 'auto' };

/** What this client may carry. */
export const policyFor = (policies: Policies, client: string): ClientPolicy => policies.clients.get(client) ?? policies.default;
