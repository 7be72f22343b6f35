import type { Acl, AclTerm } from './acl.ts';
import type { Principal } from './principal.ts';

/** An acl, and the source whose words it is in. */
export interface Audience {
  readonly source: string;
  readonly acl: Acl;
}

/**
 * Whether somebody may read `written` who may not read `read`, as far as the words alone tell: it looks into no group and no
 * container, and in doubt it says yes. What nobody knows counts as wider on either side.
 */
export const isWider = (written: Audience, read: Audience): boolean => {
  if ('unknown' in written.acl || 'unknown' in read.acl) return true;
  const { terms } = written.acl;
  return !read.acl.terms.every((needed) =>
    terms.some((term) => implies(named(term, written.source), named(needed, read.source))),
  );
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
