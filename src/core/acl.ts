import { z } from 'zod';

import { type Deniable, deniableSchema, type Principal, principalSchema } from './principal.ts';

/** One condition: some allow surely matches and every deny surely does not. `from` says where it comes from: "space ENG". */
export interface AclTerm {
  readonly allow: readonly Principal[];
  readonly deny: readonly Deniable[];
  readonly from: string;
}

/** Who may see a document or container: every term must hold. `unknown` holds for nobody and says why. */
export type Acl = { readonly terms: readonly [AclTerm, ...AclTerm[]] } | { readonly unknown: string };

/** An acl with more is a mistake of its source; the bound keeps one document from filling the index. */
const TERMS_MAX = 64;
const PRINCIPALS_MAX = 10_000;

const termSchema = z.strictObject({
  allow: z.array(principalSchema).max(PRINCIPALS_MAX),
  deny: z.array(deniableSchema).max(PRINCIPALS_MAX),
  from: z.string().max(1000),
});

/** Parses an acl. Nothing is optional: a lost `deny` must not read as "denies nobody". */
export const aclSchema: z.ZodType<Acl> = z.union([
  z.strictObject({ terms: z.tuple([termSchema], termSchema).refine((terms) => terms.length <= TERMS_MAX) }),
  z.strictObject({ unknown: z.string().max(1000) }),
]);

/** The same acl in one spelling: principals sorted and unique, so that equal acls share a class. */
export const canonical = (acl: Acl): Acl => {
  if ('unknown' in acl) return { unknown: acl.unknown };
  const [first, ...rest] = acl.terms;
  return { terms: [canonicalTerm(first), ...rest.map(canonicalTerm)] };
};

const canonicalTerm = ({ allow, deny, from }: AclTerm): AclTerm => ({
  allow: [...new Set(allow)].toSorted(),
  deny: [...new Set(deny)].toSorted(),
  from,
});
