import { z } from 'zod';

import { secret } from '../../src/core/secret.ts';

const PATTERNS_MAX = 1_000;
const PEOPLE_MAX = 100_000;
const TEXT_MAX = 1_000;

const PARTS = ['issues', 'pull_requests', 'comments', 'wiki'] as const;

const text = z.string().min(1).max(TEXT_MAX);
const patterns = z.array(text).max(PATTERNS_MAX);
/** As in an address: letters, digits and hyphens; underscores where an enterprise makes its users' names. */
const login = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/u, { error: 'must be a login: letters, digits, - and _' });
const fullName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,100}\/[A-Za-z0-9._-]{1,100}$/u, { error: 'must be a repository with its owner, as in acme/handbook' });

/** `sources.<name>` of the configuration, for this connector. */
export const settingsSchema = z
  .strictObject({
    /** Of the REST interface, without a slash at its end. */
    url: z
      .url({ protocol: /^https?$/u })
      .transform((url) => url.replace(/\/+$/u, ''))
      .default('https://api.github.com'),
    token: secret().exactOptional(),
    app: z.strictObject({ id: z.int().min(1), installation: z.int().min(1), key: secret() }).exactOptional(),
    organisation: login.exactOptional(),
    include: patterns.default(['*']),
    exclude: patterns.default([]),
    repositories: z.array(fullName).max(PATTERNS_MAX).default([]),
    read: z
      .array(z.enum(PARTS))
      .max(PARTS.length)
      .default([...PARTS]),
    files: patterns.default([]),
    people: z
      .record(login, z.email())
      .refine((people) => Object.keys(people).length <= PEOPLE_MAX)
      .default({}),
    profile_emails: z.boolean().default(false),
    webhook_secret: secret().exactOptional(),
  })
  .refine(({ organisation, repositories }) => organisation !== undefined || repositories.length > 0, {
    error: 'must name an organisation, or repositories',
  })
  .refine(({ token, app }) => !token || !app, { error: 'must not name both a token and an app' });

export type Settings = z.infer<typeof settingsSchema>;

/** Where people read GitHub, and where git is: beside the REST interface, whose address the settings name. */
export const webOf = (url: string): string => {
  const { protocol, host } = new URL(url);
  return `${protocol}//${/^api\.(?:github\.com|[^.]+\.ghe\.com)$/u.test(host) ? host.slice('api.'.length) : host}`;
};
