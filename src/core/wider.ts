import type { Acl, AclTerm } from './acl.ts';
import { isAudience, nameOf, type Principal } from './principal.ts';

/** An acl, and the source whose words it is in. */
export interface Audience {
  readonly source: string;
  readonly acl: Acl;
  /** The acl of a container that it names as an audience; undefined where nothing is known of it. */
  container(key: string): Acl | undefined;
}

/**
 * Whether somebody may read `written` who may not read `read`, as far as the words tell: it looks into containers, not into groups,
 * and in doubt it says yes. What nobody knows counts as wider on either side.
 */
export const isWider = (written: Audience, read: Audience): boolean => {
  if ('unknown' in written.acl || 'unknown' in read.acl) return true;
  const given = allMet(written.acl.terms, written);
  return !read.acl.terms.every((term) => isImplied(term, read, given));
};

/** A condition with its names told apart by source. */
interface Condition {
  readonly allow: ReadonlySet<string>;
  readonly deny: ReadonlySet<string>;
}

/** All conditions that whoever meets these terms meets: whoever is in a container meets what that asks, and so on. */
const allMet = (terms: readonly AclTerm[], of: Audience, seen: ReadonlySet<string> = new Set()): Condition[] =>
  terms.flatMap((term) => {
    const key = onlyContainer(term);
    const met = conditionOf(term, of.source);
    const acl = key === undefined || seen.has(key) ? undefined : of.container(key);
    if (key === undefined || !acl || 'unknown' in acl) return [met];
    return [met, ...allMet(acl.terms, of, new Set([...seen, key]))];
  });

/** Whether whoever meets what is given meets this term: as it stands, or by all that its container asks. */
const isImplied = (term: AclTerm, of: Audience, given: readonly Condition[], seen: ReadonlySet<string> = new Set()): boolean => {
  const needed = conditionOf(term, of.source);
  if (given.some((met) => implies(met, needed))) return true;
  const key = onlyContainer(term);
  const acl = key === undefined || seen.has(key) ? undefined : of.container(key);
  if (key === undefined || !acl || 'unknown' in acl || acl.terms.length === 0) return false;
  const within = new Set([...seen, key]);
  const denies = { allow: ANYBODY, deny: needed.deny };
  return (
    (needed.deny.size === 0 || given.some((met) => implies(met, denies))) &&
    acl.terms.every((one) => isImplied(one, of, given, within))
  );
};

/** Whoever meets the one meets the other. */
const implies = (met: Condition, needed: Condition): boolean =>
  (needed.allow.has(PUBLIC) || met.allow.isSubsetOf(needed.allow)) && met.deny.isSupersetOf(needed.deny);

const PUBLIC = 'public';
const ANYBODY: ReadonlySet<string> = new Set([PUBLIC]);

/** The container whose audience alone a term allows. */
const onlyContainer = ({ allow: [one, other] }: AclTerm): string | undefined =>
  one !== undefined && other === undefined && isAudience(one) ? nameOf(one) : undefined;

/** The same name in two sources is two principals, unless it is one of the organisation. */
const conditionOf = ({ allow, deny }: AclTerm, source: string): Condition => {
  const own = (principal: Principal): string =>
    /^(?:user|group|audience):/u.test(principal) ? `${source}\0${principal}` : principal;
  return { allow: new Set(allow.map(own)), deny: new Set(deny.map(own)) };
};
