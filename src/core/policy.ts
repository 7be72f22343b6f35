import type { TokenScope } from './caller.ts';
import type { Freshness } from './freshness.ts';
import { labelKey } from './label.ts';
import type { Rules } from './rules.ts';

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
  /** The operator's word that this client asks its user before each call: then its commit is the user's yes. */
  readonly asks?: true;
}

/** What the configuration lets be written, whoever writes through whatever client. */
export interface WriteRules {
  /** By action. */
  readonly actions: ReadonlyMap<string, WritePolicy>;
  /** For every action that is not named. */
  readonly default: WritePolicy;
  /** By source, where it narrows that. */
  readonly sources: ReadonlyMap<string, WritePolicy>;
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
export const policyFor = ({ policies }: Pick<Rules, 'policies'>, client: string): ClientPolicy =>
  policies?.clients.get(client) ?? policies?.default ?? NO_POLICY;

/** Whether a client under this policy is offered what needs this scope. */
export const offers = ({ writes }: ClientPolicy, scope: TokenScope): boolean => scope === 'read' || writes !== 'forbid';

/** The strictest of these. */
export const strictest = (...policies: readonly WritePolicy[]): WritePolicy =>
  WRITE_POLICIES.findLast((policy) => policies.includes(policy)) ?? 'forbid';

/** What it takes to write something. What only takes another write back is as that one is, where nothing is said of it. */
export const writePolicy = (
  { action, takesBack, source }: { readonly action: string; readonly takesBack?: string; readonly source: string },
  client: ClientPolicy,
  rules: WriteRules,
): WritePolicy => {
  const named = rules.actions.get(action) ?? (takesBack === undefined ? undefined : rules.actions.get(takesBack));
  return strictest(named ?? rules.default, rules.sources.get(source) ?? 'auto', client.writes);
};

/** What one client may carry of the index: nothing of any other source, and nothing under a denied label. */
export interface Carried {
  readonly sources: ReadonlyMap<string, Freshness>;
  /** As `labelKey` gives them. */
  readonly deniedLabels: readonly string[];
}

/** What the configuration lets a client carry. */
export const carriedBy = (client: string, rules: Rules): Carried => {
  const { sources, denyLabels } = policyFor(rules, client);
  return {
    sources: sources === undefined ? rules.sources : new Map([...rules.sources].filter(([name]) => sources.includes(name))),
    deniedLabels: [...new Set(denyLabels.map(labelKey))].toSorted(),
  };
};

/** Whether a document with these labels stays behind. */
export const isDenied = (labels: readonly string[], { deniedLabels }: Pick<Carried, 'deniedLabels'>): boolean =>
  deniedLabels.length > 0 && labels.some((label) => deniedLabels.includes(labelKey(label)));
