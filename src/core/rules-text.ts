import { z } from 'zod';

import { canonicalJson } from './canonical-json.ts';
import { type Freshness, ON_BREACH, type Promised } from './freshness.ts';
import { type ClientPolicy, WRITE_POLICIES } from './policy.ts';
import { type Shared, sharedSchema } from './principal.ts';
import type { Rules } from './rules.ts';

/** One text for one set of rules, to be kept beside what was decided by them: maps are lists of pairs, sorted by name. */
export const rulesText = (rules: Rules): string => canonicalJson(plain(rules));

/** Reads what `rulesText` wrote; throws for anything else. */
export const parseRules = (text: string): Rules => rulesSchema.parse(JSON.parse(text));

const plain = (value: unknown): unknown => {
  if (value instanceof Map) {
    return [...value].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)).map(([name, of]) => [name, plain(of)]);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plain(of)]));
};

const mapOf = <Value>(value: z.ZodType<Value>) => z.array(z.tuple([z.string(), value])).transform((pairs) => new Map(pairs));

const promised: z.ZodType<Promised> = z.strictObject({ within: z.number(), onBreach: z.enum(ON_BREACH) });
const freshness: z.ZodType<Freshness> = z.strictObject({ content: promised, permissions: promised });
const shared: z.ZodType<Exclude<Shared, 'everyone'>> = z.string().pipe(sharedSchema);
const policy: z.ZodType<ClientPolicy> = z.strictObject({
  sources: z.array(z.string()).exactOptional(),
  denyLabels: z.array(z.string()),
  writes: z.enum(WRITE_POLICIES),
  asks: z.literal(true).exactOptional(),
});

// A rule that is added must be readable again: what is missing here does not compile.
const members = {
  ownedDomains: z.array(z.string()),
  sources: mapOf(freshness),
  directory: z.string().exactOptional(),
  services: mapOf(z.strictObject({ shared: z.array(shared), accounts: mapOf(z.array(z.string())) })).exactOptional(),
  policies: z.strictObject({ default: policy, clients: mapOf(policy) }).exactOptional(),
} satisfies Record<keyof Rules, z.ZodType>;
const rulesSchema: z.ZodType<Rules> = z.strictObject(members);
