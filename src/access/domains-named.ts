import type { Acl } from '../core/acl.ts';
import { audiencesWithin, type Facts } from '../core/decide.ts';
import { isGroup, isOrg, type Member, nameOf, type Principal } from '../core/principal.ts';

/** The domains that an acl allows by name: itself, by its containers, or by groups. */
export const domainsNamed = (acl: Acl, facts: Facts): readonly string[] => {
  const acls = [acl, ...[...audiencesWithin(acl, facts).values()].map((container) => container.acl)];
  const allowed = acls.flatMap((one) => ('unknown' in one ? [] : one.terms.flatMap(({ allow }) => allow)));
  const inSource = membersWithin(allowed, facts);
  const { directory } = facts;
  const all = directory ? [...inSource, ...membersWithin([...inSource].filter(isOrg), directory)] : [...inSource];
  return [...new Set(all.filter((principal) => principal.startsWith('domain:')).map(nameOf))];
};

/** These, and what is in them of one source, each once. In the directory `org:` names its own groups. */
const membersWithin = (principals: readonly Principal[], facts: Facts): ReadonlySet<Principal> => {
  const found = new Set<Principal>(principals);
  for (const principal of found) {
    const isListed = isGroup(principal) || (isOrg(principal) && facts.directory === facts);
    const members: readonly Member[] = isListed ? (facts.listing(nameOf(principal))?.members ?? []) : [];
    for (const member of members) found.add(member);
  }
  return found;
};
