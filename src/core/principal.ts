import { z } from 'zod';

/** A principal of one source: the same id in another source is somebody else. */
export type Own = `user:${string}` | `group:${string}`;
/** A principal of the organisation, nameable from every source. */
export type Shared = `person:${string}` | `org:${string}` | `domain:${string}` | 'everyone';
/** Whom an acl may allow. `audience:<key>` is whoever may see that container or document of the same source. */
export type Principal = Own | Shared | `audience:${string}` | 'public';
/** Whom an acl may deny. An audience is refused here, so that containers have a least fixed point. */
export type Deniable = Exclude<Principal, `audience:${string}`>;
/** What a group may hold. */
export type Member = Own | Shared;
/** A principal that is decided without looking into a listing or a container. */
export type Leaf = `user:${string}` | Shared | 'public';

/** Longer names are not names of anything we know; the bound keeps a hostile source from filling the index. */
const NAME_MAX = 1000;
// oxlint-disable-next-line no-control-regex -- control characters are exactly what must not stand in a name
const NAME = /^[^\u0000-\u001f\u007f]+$/u;
const EMAIL = /^[^\s@]+@[^\s@]+$/u;

/** An e-mail as it is compared everywhere: trimmed, composed, lower case. */
export const normaliseEmail = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/** The domain of a normalised e-mail: what stands after its last `@`. */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1);

/** What kind of principal this is: the part before the colon. */
export const kindOf = (principal: Principal): PrincipalKind => {
  const colon = principal.indexOf(':');
  return PRINCIPAL_KIND.parse(colon < 0 ? principal : principal.slice(0, colon));
};

/** The name of a principal: the part after the first colon, empty for `everyone` and `public`. */
export const nameOf = (principal: Principal): string => {
  const colon = principal.indexOf(':');
  return colon < 0 ? '' : principal.slice(colon + 1);
};

const PRINCIPAL_KIND = z.enum(['user', 'group', 'person', 'org', 'domain', 'everyone', 'audience', 'public']);
export type PrincipalKind = z.infer<typeof PRINCIPAL_KIND>;

/** A group is looked into; so is an audience. Everything else is a leaf. */
export const isGroup = (principal: Principal): principal is `group:${string}` => principal.startsWith('group:');
export const isOrg = (principal: Principal): principal is `org:${string}` => principal.startsWith('org:');
export const isAudience = (principal: Principal): principal is `audience:${string}` => principal.startsWith('audience:');

/** Can this be the name of a principal, and so the key of a document or container, the id of an account or group? */
export const isName = (text: string): boolean => text.length <= NAME_MAX && NAME.test(text) && text.isWellFormed();

const named = (text: string): boolean => {
  const name = text.slice(text.indexOf(':') + 1);
  if (!isName(name)) return false;
  return text.startsWith('person:') ? EMAIL.test(name) : true;
};

const normalise = (text: string): string => (/^(person|domain):/u.test(text) ? normaliseEmail(text) : text);

const principalOf = <T extends Principal>(kinds: RegExp, expected: string): z.ZodType<T, string> =>
  z
    .string()
    .refine((text) => kinds.test(text) && (!text.includes(':') || named(text)), { error: `expected ${expected}` })
    .transform((text) => normalise(text) as T); // the one place a principal is made

/** Parses whom an acl may allow. */
export const principalSchema = principalOf<Principal>(
  /^((user|group|person|org|domain|audience):|everyone$|public$)/u,
  'user:<id>, group:<id>, person:<e-mail>, org:<group>, domain:<name>, audience:<key>, everyone or public',
);
/** Parses whom an acl may deny. */
export const deniableSchema = principalOf<Deniable>(
  /^((user|group|person|org|domain):|everyone$|public$)/u,
  'user:<id>, group:<id>, person:<e-mail>, org:<group>, domain:<name>, everyone or public (an audience cannot be denied)',
);
/** Parses what a group may hold. */
export const memberSchema = principalOf<Member>(
  /^((user|group|person|org|domain):|everyone$)/u,
  'user:<id>, group:<id>, person:<e-mail>, org:<group>, domain:<name> or everyone',
);
/** Parses what a caller without a person may be listed with: it is never everyone. */
export const sharedSchema = principalOf<Exclude<Shared, 'everyone'>>(
  /^(?:person|org|domain):/u,
  'person:<e-mail>, org:<group> or domain:<name>',
);
