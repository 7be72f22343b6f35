import { z } from 'zod';

import { labelKey } from '../core/label.ts';
import { NO_POLICY, type ClientPolicy, type Policies, WRITE_POLICIES } from '../core/policy.ts';

const ENTRIES_MAX = 1000;
const text = z.string().min(1).max(2000);
const list = z.array(text).max(ENTRIES_MAX);

/** The policy of every client that is not named. */
const DEFAULT = 'default';

const policy = z.strictObject({
  /** Client ids that this policy is for, as an issuer names them, besides its own name. */
  ids: list.optional(),
  sources: list.optional(),
  deny_labels: z
    .array(text.refine((label) => labelKey(label) !== '', { error: 'must be a label that can be seen' }))
    .max(ENTRIES_MAX)
    .optional(),
  writes: z.enum(WRITE_POLICIES).optional(),
  asks: z.boolean().optional(),
});

/** `clients:` of the configuration. `default` is for every client that is not named, and what others leave out is taken from it. */
export const clientsSchema = z
  .record(text, policy)
  .superRefine((written, context) => {
    for (const { path, message } of wrongIds(written)) context.addIssue({ code: 'custom', path, message });
  })
  .default({});

type Written = Readonly<Record<string, z.infer<typeof policy>>>;

/** A client that two policies claim would have the wider one by chance. */
function* wrongIds(written: Written): Generator<{ readonly path: string[]; readonly message: string }> {
  const claimed = new Map(Object.keys(written).map((name) => [name, name]));
  for (const [name, { ids = [], asks }] of Object.entries(written)) {
    if (name === DEFAULT && ids.length > 0) {
      yield { path: [name, 'ids'], message: 'must not be there: default is for every client that no other policy names' };
    }
    if (name === DEFAULT && asks === true) {
      yield { path: [name, 'asks'], message: 'must not be there: nobody knows of every client that it asks its user' };
    }
    for (const [at, id] of ids.entries()) {
      const other = claimed.get(id);
      if (other !== undefined) yield { path: [name, 'ids', String(at)], message: `is claimed by clients.${other} already` };
      claimed.set(id, name);
    }
  }
}

/** `clients:` in our words: a policy by its own name and by every id it is for. */
export const policiesOf = (written: Written): Policies => {
  const base = policyOf(written[DEFAULT] ?? {}, NO_POLICY);
  const named = Object.entries(written).filter(([name]) => name !== DEFAULT);
  return {
    default: base,
    clients: new Map(named.flatMap(([name, given]) => [name, ...(given.ids ?? [])].map((id) => [id, policyOf(given, base)]))),
  };
};

/** That a client asks its user is said of it alone: nobody knows it of those that are not named. */
const policyOf = ({ sources, deny_labels, writes, asks }: z.infer<typeof policy>, base: ClientPolicy): ClientPolicy => ({
  ...(sources === undefined ? (base.sources === undefined ? {} : { sources: base.sources }) : { sources }),
  denyLabels: deny_labels ?? base.denyLabels,
  writes: writes ?? base.writes,
  ...(asks === true ? { asks } : {}),
});
