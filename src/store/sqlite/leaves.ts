import type { Membership } from '../../core/decide.ts';
import { asksDirectory, type Looked, leafStanding } from '../../core/leaf.ts';
import { domainOf, kindOf, type Leaf, nameOf } from '../../core/principal.ts';
import { serviceOf } from '../../core/service.ts';

/** How a caller stands to all leaves of one kind in one source: to a few by name, to the rest alike. */
export interface LeafKind {
  readonly kind: 'user' | 'person' | 'org' | 'domain' | 'everyone' | 'public';
  readonly rest: Membership;
  readonly named: readonly { readonly name: string; readonly is: Membership }[];
}

/**
 * Asks the rule about every leaf there can be: only what ties a name to the caller can make it stand out in its kind.
 * `org:` is no leaf where the groups of the directory say what it names.
 */
export const leafKinds = (looked: Looked): readonly LeafKind[] => {
  const leaf = leafStanding(looked);
  const tied = tiedTo(looked);
  const kind = (kind: LeafKind['kind'], rest: Leaf): LeafKind => ({
    kind,
    rest: leaf(rest).is,
    named: tied
      .filter((principal) => kindOf(principal) === kind)
      .map((principal) => ({ name: nameOf(principal), is: leaf(principal).is })),
  });
  return [
    kind('user', `user:${NOBODY}`),
    kind('person', `person:${NOBODY}`),
    kind('domain', `domain:${NOBODY}`),
    ...(asksDirectory(looked) ? [] : [kind('org', `org:${NOBODY}`)]),
    kind('everyone', 'everyone'),
    kind('public', 'public'),
  ];
};

/** Their own accounts, e-mail and domain; of a service what the configuration lists. */
const tiedTo = ({ identity, rules, source, accounts }: Looked): readonly Leaf[] => {
  const users = accounts.map(({ id }): Leaf => `user:${id}`);
  const service = serviceOf(identity, rules);
  if (service) return [...users, ...(service.accounts.get(source) ?? []).map((id): Leaf => `user:${id}`), ...service.shared];
  const { email } = identity;
  return email === undefined ? users : [...users, `person:${email}`, `domain:${domainOf(email)}`];
};

/** Stands for all whom nothing ties to the caller: no name holds a control character. */
const NOBODY = '\u0000';
