import { z } from 'zod';

import { NO_POLICY, type ClientPolicy, type Policies, WRITE_POLICIES } from '../core/policy.ts';

const ENTRIES_MAX = 1000;
const text = z.string().min(1).max(2000);
const list = z.array(text).max(ENTRIES_MAX);

const policy = z.strictObject({
  /** Client ids that this policy is for, as an issuer names them, besides its own name. */
  ids: list.optional(),
  sources: list.optional(),
  deny_labels: list.optional(),
  writes: z.enum(WRITE_POLICIES).optional(),
});

/** `clients:` of the configuration. `default` is for every client that is not named, and what others leave out is taken from it. */
export const clientsSchema = z.record(text, policy).default({});

/** `clients:` in our words: a policy by its own name and by every id it is for. */
export const policiesOf = (written: z.infer<typeof clientsSchema>): Policies => {
  const base = policyOf(written['default'] ?? {}, NO_POLICY);
  const named = Object.entries(written).filter(([name]) => name !== 'default');
  return {
    default: base,
    clients: new Map(named.flatMap(([name, given]) => [name, ...(given.ids ?? [])].map((id) => [id, policyOf(given, base)]))),
  };
};

const policyOf = ({ sources, deny_labels, writes }: z.infer<typeof policy>, base: ClientPolicy): ClientPolicy => ({
  ...base,
  ...(sources === undefined ? {} : { sources }),
  denyLabels: deny_labels ?? base.denyLabels,
  writes: writes ?? base.writes,
});
