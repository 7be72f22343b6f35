import { z } from 'zod';

import { SOURCE_NAME } from '../core/document.ts';
import { ON_BREACH } from '../core/freshness.ts';
import { clientsSchema } from './carrying.ts';
import { domainSchema } from './domain.ts';
import { embeddingSchema } from './embedding.ts';
import { identitySchema } from './identifying.ts';
import { serverSchema } from './serving.ts';
import { writePolicySchema, writesSchema } from './writing.ts';

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE };
/** A promise beyond this is none. */
const DURATION_MAX = 10 * 366 * 24 * 60 * MINUTE;
const TEXT_MAX = 2000;
const ENTRIES_MAX = 1000;

const text = z.string().min(1).max(TEXT_MAX);

/** `90s`, `30m`, `24h`, `7d`, in ms. */
const duration = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : MUST_BE_DURATION) })
  .transform((written, context) => {
    const [, amount = '0', unit = ''] = /^(\d{1,6})([smhd])$/u.exec(written) ?? [];
    const ms = Number(amount) * (UNITS[unit] ?? 0);
    if (ms > 0 && ms <= DURATION_MAX) return ms;
    context.addIssue({ code: 'custom', message: MUST_BE_DURATION });
    return z.NEVER;
  });
const MUST_BE_DURATION = 'must be a duration from 1s to ten years, such as 90s, 30m, 24h or 7d';

const promised = z.strictObject({ within: duration.optional(), on_breach: z.enum(ON_BREACH).optional() });
const freshness = z.strictObject({ content: promised.optional(), permissions: promised.optional() });
export type GivenFreshness = z.infer<typeof freshness>;

const schedule = z.strictObject({
  content: duration.exactOptional(),
  permissions: duration.exactOptional(),
  listing: duration.exactOptional(),
});

/** As the addresses of links are compared. */
const host = z.string().transform((written, context) => {
  const url = /^[^\s@/\\?#]+$/u.test(written) ? URL.parse(`https://${written}`) : null;
  if (url) return url.host;
  context.addIssue({ code: 'custom', message: 'must be a host, such as wiki.acme.test or wiki.acme.test:8443' });
  return z.NEVER;
});

/** What every source may say, whatever its connector. */
export const commonSettings = z.strictObject({
  connector: text,
  freshness: freshness.optional(),
  schedule: schedule.default({}),
  max_delete_ratio: z.number().min(0).max(1).default(0.2),
  url_template: text
    .refine((template) => /<(id|key)>/u.test(template), { error: 'must contain <id> or <key>' })
    .default('castellan:<id>'),
  hosts: z.array(host).max(ENTRIES_MAX).default([]),
  private_network: z.boolean().default(false),
  writes: writePolicySchema.optional(),
  rate: z
    .strictObject({
      per_second: z.number().min(0.01).max(1000).optional(),
      concurrent: z.number().int().min(1).max(64).optional(),
    })
    .default({}),
});

const SOURCE_NAME_MAX = 64;
const NOT_A_NAME = 'is not a name for a source: it is made of a–z, 0–9 and -, at most 64 of them';
const sourceName = z.string().regex(SOURCE_NAME, { error: NOT_A_NAME }).max(SOURCE_NAME_MAX, { error: NOT_A_NAME });

/** The whole file. The settings of a source are read by its connector's own schema. */
export const fileSchema = z.strictObject({
  organisation: z.strictObject({ name: text, domains: z.array(domainSchema).min(1).max(ENTRIES_MAX) }),
  server: serverSchema.prefault({}),
  identity: identitySchema,
  clients: clientsSchema,
  writes: writesSchema,
  sources: z.record(sourceName, z.record(z.string(), z.unknown())).refine((sources) => Object.keys(sources).length > 0, {
    error: 'must name at least one source',
  }),
  freshness: freshness.default({}),
  embedding: embeddingSchema.prefault({ provider: 'local' }),
  audit: z
    .strictObject({ anchor: text.optional(), every: z.number().int().min(1).max(1_000_000).default(100) })
    .default({ every: 100 }),
});
