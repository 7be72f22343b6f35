import { z } from 'zod';

import { type Secret, secret } from '../core/secret.ts';

const ENTRIES_MAX = 100;
/** Enough for an agent that asks in parallel, and little enough that one caller cannot fill the machine. */
const LIMITS = { per_minute: 600, at_once: 16 };

const count = (most: number): z.ZodInt => z.int().min(1).max(most);

/** Where the world reaches this server. Audience, metadata, the Host check and links derive from it. */
const publicUrl = z.string().transform((written, context) => {
  const url = URL.parse(written);
  const plain = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (plain && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) {
    return `${url.origin}${url.pathname.replace(/\/+$/u, '')}`;
  }
  context.addIssue({ code: 'custom', message: 'must be an https address, such as https://castellan.acme.test' });
  return z.NEVER;
});

const listen = z.string().transform((written, context) => {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:]+)\]|([^\s:/[\]]+)):(\d{1,5})$/iu.exec(written) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  context.addIssue({ code: 'custom', message: 'must be an address and a port, such as 127.0.0.1:8080' });
  return z.NEVER;
});

const origin = z.string().transform((written, context) => {
  const url = URL.parse(written);
  if (url && url.origin !== 'null' && written.replace(/\/$/u, '').toLowerCase() === url.origin) return url.origin;
  context.addIssue({ code: 'custom', message: 'must be an origin, such as https://agent.acme.test' });
  return z.NEVER;
});

/** Where and how this server is reached. */
export interface ServerConfig {
  /** Without a slash at its end; absent where nobody said it. */
  readonly publicUrl?: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly allowedOrigins: readonly string[];
  /** Of one caller. */
  readonly limits: { readonly perMinute: number; readonly atOnce: number };
  /** Without it there are no metrics to be read. */
  readonly metricsToken?: Secret;
}

/** `server:` of the configuration. */
export const serverSchema = z.strictObject({
  public_url: publicUrl.optional(),
  listen: listen.default({ host: '127.0.0.1', port: 8080 }),
  allowed_origins: z.array(origin).max(ENTRIES_MAX).default([]),
  limits: z
    .strictObject({
      per_minute: count(1_000_000).default(LIMITS.per_minute),
      at_once: count(1000).default(LIMITS.at_once),
    })
    .prefault({}),
  metrics_token: secret().optional(),
});

/** `server:` in our words. */
export const serverOf = (written: z.infer<typeof serverSchema>): ServerConfig => ({
  ...(written.public_url === undefined ? {} : { publicUrl: written.public_url }),
  listen: written.listen,
  allowedOrigins: written.allowed_origins,
  limits: { perMinute: written.limits.per_minute, atOnce: written.limits.at_once },
  ...(written.metrics_token ? { metricsToken: written.metrics_token } : {}),
});

/** Names that mean this machine and nothing else. */
export const isLoopback = (hostname: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u.test(hostname);
