import type { Acl, AclTerm } from './acl.ts';
import { kindOf, type PrincipalKind } from './principal.ts';

/** What principals of a kind are called where they are counted and not named. */
const CALLED: Readonly<Record<PrincipalKind, readonly [one: string, many: string]>> = {
  public: ['anybody at all', ''],
  everyone: ['everyone in the organisation', ''],
  domain: ['everyone of 1 domain', 'everyone of # domains'],
  org: ['1 group', '# groups'],
  group: ['1 group', '# groups'],
  user: ['1 person', '# people'],
  person: ['1 person', '# people'],
  audience: ['whoever may see the place it belongs to', 'whoever may see one of # places it belongs to'],
};

/**
 * Who may read something, for whoever decides: counted, and nobody named, since they may not know who else is among them. Nothing
 * says whom a term leaves out, so nobody else than these may read it, and perhaps not all of them.
 */
export const readersOf = (acl: Acl): string => {
  if ('unknown' in acl) return 'not known';
  const terms = [...new Set(acl.terms.map(allowedIn))];
  return terms.length === 1 ? terms.join('') : `whoever is among all of these: ${terms.join('; ')}`;
};

const allowedIn = ({ allow }: AclTerm): string => {
  if (allow.includes('public')) return CALLED.public[0];
  const counts = new Map<string, { readonly one: string; readonly many: string; readonly count: number }>();
  for (const kind of KINDS) {
    const [one, many] = CALLED[kind];
    const count = (counts.get(one)?.count ?? 0) + allow.filter((principal) => kindOf(principal) === kind).length;
    if (count > 0) counts.set(one, { one, many, count });
  }
  const told = [...counts.values()].map(({ one, many, count }) => (count === 1 ? one : many.replace('#', String(count))));
  if (told.length < 2) return told[0] ?? 'nobody';
  return `${told.slice(0, -1).join(', ')} and ${told.at(-1) ?? ''}`;
};

/** From the many to the few. */
const KINDS: readonly PrincipalKind[] = ['everyone', 'domain', 'audience', 'org', 'group', 'user', 'person'];
