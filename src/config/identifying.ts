import { z } from 'zod';

import { identityName } from '../core/caller.ts';
import { isName, sharedSchema } from '../core/principal.ts';
import type { Service } from '../core/service.ts';
import { domainSchema } from './domain.ts';
import { isLoopback } from './serving.ts';

const ENTRIES_MAX = 1000;
const ISSUERS_MAX = 20;
const TEXT_MAX = 2000;
/** Minutes. Long enough to try something, and little for whoever finds it in a shell's history. */
const TOKEN_MINUTES = 15;
/** A day: nothing older is taken for a token. */
const TOKEN_MINUTES_MAX = 24 * 60;

/** Vouches for those whom the owner of the data folder names, and for the services that only they call. */
const LOCAL_ISSUER = 'local';

const text = z.string().min(1).max(TEXT_MAX);
const list = z.array(text).min(1).max(ENTRIES_MAX);

/** Whose claims mean what: docs/identity.md. */
const PROFILES = ['generic', 'entra', 'okta', 'google', 'keycloak', 'auth0'] as const;

const issuer = text.refine(isIssuer, { error: 'must be the https address of an issuer, exactly as its tokens carry it' });

/** `|` would make `issuer|subject` name two. */
function isIssuer(written: string): boolean {
  const url = URL.parse(written);
  if (url === null || !isName(written) || /[\s|?#@]/u.test(written)) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

const ofOneIssuer = {
  profile: z.enum(PROFILES).optional(),
  /** What its tokens for this server carry as `aud`; the address of `/mcp` by default. */
  audience: text.optional(),
  /** Only tokens of these clients. */
  client_ids: list.optional(),
  /** Domains whose e-mails it is believed about even when it does not call them verified, and no issuer without them is. */
  authoritative_for: z.array(domainSchema).max(ENTRIES_MAX).optional(),
};
const issuerEntry = z.strictObject({ issuer, ...ofOneIssuer });
type Entry = z.infer<typeof issuerEntry>;

const service = z.strictObject({
  issuer: z.union([z.literal(LOCAL_ISSUER), issuer]).optional(),
  subject: text.refine(isName, { error: 'must be the subject of an issuer' }),
  principals: z.array(sharedSchema).max(ENTRIES_MAX).default([]),
  accounts: z
    .record(z.string(), z.array(z.string().refine(isName, { error: 'must be the id of an account' })).max(ENTRIES_MAX))
    .default({}),
});

const written = z.strictObject({
  mode: z.enum(['local', 'resource']),
  issuer: issuer.optional(),
  ...ofOneIssuer,
  /** Instead of `issuer` and what belongs to it: several. */
  issuers: z.array(issuerEntry).min(1).max(ISSUERS_MAX).optional(),
  /** Tokens of this server's own beside those of issuers. */
  allow_local: z.boolean().default(false),
  /** How long its own tokens may live at most. */
  token_minutes: z.int().min(1).max(TOKEN_MINUTES_MAX).optional(),
  services: z.array(service).max(ENTRIES_MAX).default([]),
  /** The source that says who is in the organisation, in which of its groups, and who is active. */
  directory: text.optional(),
});
type Written = z.infer<typeof written>;

/** `identity:` of the configuration. */
export const identitySchema = written
  .superRefine((identity, context) => {
    const wrong = [...wrongMode(identity), ...wrongIssuers(identity), ...wrongServices(identity)];
    for (const { path, message } of wrong) context.addIssue({ code: 'custom', path, message });
  })
  .prefault({ mode: 'local' });

/** Whose tokens are good here. */
export interface IdentityConfig {
  readonly mode: 'local' | 'resource';
  /** Tokens that this server signed itself. */
  readonly local: boolean;
  /** How long those may live at most. */
  readonly tokenMinutes: number;
  readonly issuers: readonly IssuerConfig[];
}

/** The names of those whose tokens are good: `local` for this server itself. */
export const trustedIn = ({ local, issuers }: IdentityConfig): readonly string[] => [
  ...(local ? [LOCAL_ISSUER] : []),
  ...issuers.map(({ issuer: name }) => name),
];

/** One issuer of tokens, and how its claims are read. */
interface IssuerConfig {
  readonly issuer: string;
  readonly profile: Exclude<(typeof PROFILES)[number], 'google'>;
  /** Absent: the address of this server's `/mcp`. */
  readonly audience?: string;
  readonly clientIds?: readonly string[];
  readonly authoritativeFor: readonly string[];
}

/** `identity:` in our words. */
export const identityOf = (identity: Written): IdentityConfig => ({
  mode: identity.mode,
  local: identity.mode === 'local' || identity.allow_local,
  tokenMinutes: identity.token_minutes ?? TOKEN_MINUTES,
  issuers: entriesOf(identity).map(({ entry }) => issuerOf(entry)),
});

const issuerOf = ({ issuer: name, profile = 'generic', audience, client_ids, authoritative_for }: Entry): IssuerConfig => {
  if (profile === 'google') throw new Error('An issuer that the schema refuses'); // see UNFIT
  return {
    issuer: name,
    profile,
    ...(audience === undefined ? {} : { audience }),
    ...(client_ids === undefined ? {} : { clientIds: client_ids }),
    authoritativeFor: authoritative_for ?? [],
  };
};

/** The callers without a person that the configuration knows, by the name of their identity. */
export const servicesOf = (identity: Written): ReadonlyMap<string, Service> =>
  new Map(
    identity.services.map((one) => [
      serviceName(one, identity),
      { shared: one.principals, accounts: new Map(Object.entries(one.accounts)) },
    ]),
  );

const serviceName = ({ issuer: own, subject }: Written['services'][number], { issuer: only }: Written): string =>
  identityName({ issuer: own ?? only ?? LOCAL_ISSUER, subject });

interface Wrong {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Each issuer, and where it stands. */
const entriesOf = ({
  issuer: name,
  issuers,
  ...one
}: Written): readonly { readonly path: (string | number)[]; entry: Entry }[] => [
  ...(name === undefined ? [] : [{ path: [], entry: { ...one, issuer: name } }]),
  ...(issuers ?? []).map((entry, place) => ({ path: ['issuers', place], entry })),
];

const ONLY_RESOURCE = 'is for mode: resource. Set that, or leave it out';

/** A setting that would do nothing is a promise nobody keeps. */
const wrongMode = (identity: Written): readonly Wrong[] => {
  const given = (...keys: (keyof Written)[]): string[] => keys.filter((key) => identity[key] !== undefined);
  const ofOne = given('profile', 'audience', 'client_ids', 'authoritative_for');
  if (identity.mode === 'local') {
    return wrong([...given('issuer', 'issuers'), ...ofOne, ...(identity.allow_local ? ['allow_local'] : [])], ONLY_RESOURCE);
  }
  const { issuer: name, issuers, allow_local: local } = identity;
  return [
    ...((name === undefined) === (issuers === undefined) ? wrong(['mode'], 'resource needs either issuer or issuers') : []),
    ...(issuers === undefined ? [] : wrong(ofOne, 'stands beside issuers. Write it into each of them')),
    ...(local ? [] : wrong(given('token_minutes'), 'is for tokens of this server’s own. Set allow_local, or leave it out')),
  ];
};

const wrong = (keys: readonly string[], message: string): Wrong[] => keys.map((key) => ({ path: [key], message }));

const wrongIssuers = (identity: Written): readonly Wrong[] => {
  const entries = entriesOf(identity);
  return entries.flatMap(({ path, entry }, place) => {
    const unfit = UNFIT[entry.profile ?? 'generic']?.(entry);
    const twice = entries.slice(0, place).some((earlier) => earlier.entry.issuer === entry.issuer);
    return [
      ...(twice ? [{ path: [...path, 'issuer'], message: 'stands twice. Name every issuer once' }] : []),
      ...(unfit === undefined ? [] : [{ path: [...path, unfit.key], message: unfit.message }]),
    ];
  });
};

/** What could never work with a provider, said before its first token is refused. */
const UNFIT: Partial<Record<(typeof PROFILES)[number], (entry: Entry) => { key: keyof Entry; message: string } | undefined>> = {
  google: () => ({
    key: 'profile',
    message: 'cannot be google: nobody but Google can read its access tokens. docs/identity.md says what to do instead',
  }),
  entra: ({ issuer: name, audience }) => {
    if (!/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:\/v2\.0|\/)$/u.test(name)) {
      return { key: 'issuer', message: 'must be that of one tenant: https://login.microsoftonline.com/<tenant id>/v2.0' };
    }
    if (audience === undefined) return { key: 'audience', message: 'is missing: with Entra it is the application id of the API' };
    return undefined;
  },
  okta: ({ issuer: name }) =>
    name.includes('/oauth2/')
      ? undefined
      : { key: 'issuer', message: 'must be a custom authorization server, such as https://acme.okta.com/oauth2/default' },
};

const wrongServices = (identity: Written): readonly Wrong[] => {
  const known = entriesOf(identity).map(({ entry }) => entry.issuer);
  const local = identity.mode === 'local' || identity.allow_local;
  const names = identity.services.map((one) => serviceName(one, identity));
  return identity.services.flatMap((one, place) => {
    const path = ['services', place];
    if (one.issuer === undefined && identity.issuers) {
      return [{ path: [...path, 'issuer'], message: 'is missing. Say which of the issuers' }];
    }
    const own = one.issuer ?? identity.issuer ?? LOCAL_ISSUER;
    if (own === LOCAL_ISSUER ? !local : !known.includes(own)) {
      return [{ path: [...path, 'issuer'], message: 'is not one whose tokens are good here. Add it, or leave the service out' }];
    }
    const twice = names.indexOf(names[place] ?? '') < place;
    return twice ? [{ path: [...path, 'subject'], message: 'stands twice. Name every service once' }] : [];
  });
};
