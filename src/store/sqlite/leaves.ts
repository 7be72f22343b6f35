import type { Identity } from '../../core/caller.ts';
import type { Membership } from '../../core/decide.ts';
import { type KnownAccount, leafStanding } from '../../core/leaf.ts';
import { domainOf, type Leaf, nameOf } from '../../core/principal.ts';

/** How a caller stands to all leaves of one kind in one source: to a few by name, to the rest alike. */
export interface LeafKind {
  readonly kind: 'user' | 'person' | 'org' | 'domain' | 'everyone' | 'public';
  readonly rest: Membership;
  readonly named: readonly { readonly name: string; readonly is: Membership }[];
}

/** Asks the rule about every leaf there can be: only a caller's own accounts, e-mail and domain can stand out in their kind. */
export const leafKinds = (
  identity: Identity,
  ownedDomains: readonly string[],
  accounts: readonly KnownAccount[],
): readonly LeafKind[] => {
  const leaf = leafStanding(identity, ownedDomains, accounts);
  const own = identity.email === undefined ? [] : [identity.email];
  const kind = (kind: LeafKind['kind'], rest: Leaf, named: readonly Leaf[] = []): LeafKind => ({
    kind,
    rest: leaf(rest).is,
    named: named.map((principal) => ({ name: nameOf(principal), is: leaf(principal).is })),
  });
  return [
    kind(
      'user',
      `user:${NOBODY}`,
      accounts.map(({ id }): Leaf => `user:${id}`),
    ),
    kind(
      'person',
      `person:${NOBODY}`,
      own.map((email): Leaf => `person:${email}`),
    ),
    kind(
      'domain',
      `domain:${NOBODY}`,
      own.map((email): Leaf => `domain:${domainOf(email)}`),
    ),
    kind('org', `org:${NOBODY}`),
    kind('everyone', 'everyone'),
    kind('public', 'public'),
  ];
};

/** Stands for all whom nothing ties to the caller: no name holds a control character. */
const NOBODY = '\u0000';
