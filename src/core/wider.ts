import type { Acl, AclTerm } from './acl.ts';
import { isAudience, nameOf, type Principal } from './principal.ts';

/** An acl, and the source whose words it is in. */
export interface Audience {
  readonly source: string;
  readonly acl: Acl;
  /** Who may see a container or document of that source, where that is known. */
  readonly within?: (key: string) => Acl | undefined;
}

/**
 * Whether somebody may read `written` who may not read `read`, as far as the words alone tell: it looks into no group, and in doubt it
 * says yes. What nobody knows counts as wider on either side.
 */
export const isWider = (written: Audience, read: Audience): boolean => {
  if ('unknown' in written.acl || 'unknown' in read.acl) return true;
  const terms = [...met(written, written.acl.terms, new Set())];
  const known = new Map<string, boolean>();
  return !read.acl.terms.every((needed) => isMet(terms, needed, read, known));
};

/** All that whoever meets these terms meets: whoever is in the one audience that a term allows may see what it is of. */
const met = (audience: Audience, terms: readonly AclTerm[], seen: Set<string>): NamedTerm[] =>
  terms.flatMap((term) => {
    const [only, other] = term.allow;
    const key = only !== undefined && other === undefined && isAudience(only) ? nameOf(only) : undefined;
    const within = key === undefined || seen.has(key) ? undefined : audience.within?.(key);
    if (key !== undefined) seen.add(key);
    const more = within && 'terms' in within ? met(audience, within.terms, seen) : [];
    return [named(term, audience.source), ...more];
  });

/** Whoever may see what an audience is of is in it. `known`: of each audience that was looked into, whether the terms lead into it. */
const isMet = (terms: readonly NamedTerm[], needed: AclTerm, read: Audience, known: Map<string, boolean>): boolean => {
  if (terms.some((term) => implies(term, named(needed, read.source)))) return true;
  if (needed.deny.length > 0) return false;
  return needed.allow.filter(isAudience).some((principal) => {
    const key = nameOf(principal);
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, false); // what leads back to itself leads nowhere
    const within = read.within?.(key);
    const is = within !== undefined && 'terms' in within && within.terms.every((term) => isMet(terms, term, read, known));
    known.set(key, is);
    return is;
  });
};

interface NamedTerm {
  readonly allow: ReadonlySet<string>;
  readonly deny: ReadonlySet<string>;
}

/** Whoever meets the one meets the other. */
const implies = (term: NamedTerm, needed: NamedTerm): boolean =>
  (needed.allow.has('public') || term.allow.isSubsetOf(needed.allow)) && term.deny.isSupersetOf(needed.deny);

/** The same name in two sources is two principals, unless it is one of the organisation. */
const named = ({ allow, deny }: AclTerm, source: string): NamedTerm => {
  const own = (principal: Principal): string =>
    /^(?:user|group|audience):/u.test(principal) ? `${source}\0${principal}` : principal;
  return { allow: new Set(allow.map(own)), deny: new Set(deny.map(own)) };
};
