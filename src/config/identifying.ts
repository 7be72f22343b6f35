import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import { identityName } from '../core/caller.ts';
import { isName, sharedSchema } from '../core/principal.ts';
import type { Service } from '../core/service.ts';
import { isLoopback } from './serving.ts';

const ENTRIES_MAX = 1000;
const TEXT_MAX = 2000;
const text = z.string().min(1).max(TEXT_MAX);
const list = z.array(text).min(1).max(ENTRIES_MAX);

/** Whose claims mean what: docs/identity.md. */
export const PROFILES = ['generic', 'entra', 'okta', 'google', 'keycloak', 'auth0'] as const;

const issuer = text.refine(isIssuer, { error: 'must be the https address of an issuer, exactly as its tokens carry it' });

function isIssuer(written: string): boolean {
  const url = URL.parse(written);
  return url !== null && url.search === '' && url.hash === '' && (url.protocol === 'https:' || isLoopback(url.hostname));
}

const issuerSettings = {
  issuer,
  profile: z.enum(PROFILES).default('generic'),
  /** What its tokens for this server carry as `aud`; the address of `/mcp` by default. */
  audience: text.optional(),
  /** Only tokens of these clients. */
  client_ids: list.optional(),
  /** Domains whose e-mails it is believed about even when it does not call them verified. */
  authoritative_for: list.default([]),
};

const accountId = z.string().refine(isName, { error: 'must be the id of an account' });

/** `identity:` of the configuration. */
export const identitySchema = z
  .strictObject({
    mode: z.enum(['local', 'resource']),
    ...issuerSettings,
    issuer: issuer.optional(),
    /** Instead of `issuer` and what belongs to it: several. */
    issuers: z.array(z.strictObject(issuerSettings)).min(1).max(20).optional(),
    /** Tokens of this server's own beside those of issuers. */
    allow_local: z.boolean().default(false),
    services: z
      .array(
        z.strictObject({
          issuer: issuer.optional(),
          subject: text,
          principals: z.array(sharedSchema).max(ENTRIES_MAX).default([]),
          accounts: z.record(z.string(), z.array(accountId).max(ENTRIES_MAX)).default({}),
        }),
      )
      .max(ENTRIES_MAX)
      .default([]),
  })
  .prefault({ mode: 'local' });

/** Whose tokens are good here. */
export interface IdentityConfig {
  readonly mode: 'local' | 'resource';
  /** Tokens that this server signed itself. */
  readonly local: boolean;
  readonly issuers: readonly IssuerConfig[];
}

/** One issuer of tokens, and how its claims are read. */
export interface IssuerConfig {
  readonly issuer: string;
  readonly profile: (typeof PROFILES)[number];
  /** Absent: the address of this server's `/mcp`. */
  readonly audience?: string;
  readonly clientIds?: readonly string[];
  readonly authoritativeFor: readonly string[];
}

type Written = z.infer<typeof identitySchema>;

/** `identity:` in our words. */
export const identityOf = (written: Written, file: string): IdentityConfig => {
  const { mode, issuer, issuers, allow_local } = written;
  if (mode === 'local') {
    if (issuer === undefined && issuers === undefined) return { mode, local: true, issuers: [] };
    throw new AppError('config', `${file}: identity.issuer is for mode: resource. Set that, or leave the issuer out.`);
  }
  if ((issuer === undefined) === (issuers === undefined)) {
    throw new AppError('config', `${file}: identity with mode: resource needs either issuer or issuers.`);
  }
  const all = issuers ?? (issuer === undefined ? [] : [{ ...written, issuer }]);
  return { mode, local: allow_local, issuers: all.map(issuerOf) };
};

const issuerOf = (
  written: (Omit<Written, 'issuer'> & { issuer: string }) | NonNullable<Written['issuers']>[number],
): IssuerConfig => ({
  issuer: written.issuer,
  profile: written.profile,
  ...(written.audience === undefined ? {} : { audience: written.audience }),
  ...(written.client_ids === undefined ? {} : { clientIds: written.client_ids }),
  authoritativeFor: written.authoritative_for,
});

/** The callers without a person that the configuration knows, by the name of their identity. */
export const servicesOf = ({ services, issuer }: Written): ReadonlyMap<string, Service> =>
  new Map(
    services.map(({ issuer: own, subject, principals, accounts }) => [
      identityName({ issuer: own ?? issuer ?? 'local', subject }),
      { shared: principals, accounts: new Map(Object.entries(accounts)) },
    ]),
  );
