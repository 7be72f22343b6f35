import { type Identity, identityName } from '../../core/caller.ts';
import type { Facts } from '../../core/decide.ts';
import type { Account } from '../../core/document.ts';
import type { KnownAccount } from '../../core/leaf.ts';
import { nameOf } from '../../core/principal.ts';
import type { Rules } from '../../core/rules.ts';
import type { Reading } from '../../store/reader.ts';
import { parseWho } from '../identify.ts';
import { type Dice, someOf } from './dice.ts';

/** What somebody is to a source. `none`: it knows no account of theirs. */
export const KINDS = ['member', 'guest', 'inactive', 'none'] as const;
export type Kind = (typeof KINDS)[number];

/** People of each kind that are drawn: a few guests are drawn beside many members. */
const EACH_MAX = 100;

/** Somebody known, and the links they get when they ask. */
export interface Candidate {
  readonly identity: Identity;
  /** `issuer|subject`, or the e-mail of one who never asked. */
  readonly who: string;
}

/** Somebody a source can be asked as. */
export interface Person extends Candidate {
  readonly kind: Kind;
  /** Their one account there. */
  readonly as?: Account;
  readonly due: readonly { readonly source: string; readonly account: string }[];
}

/** People of every kind, and how many there are. Services are none. */
export const candidatesOf = (
  reading: Pick<Reading, 'people' | 'sampled'>,
  source: string,
  { rules, dice }: { readonly rules: Rules; readonly dice: Dice },
): { readonly drawn: readonly Candidate[]; readonly of: number } => {
  const roster = new Map(reading.sampled.roster(source).map(({ email, kind }) => [email, kind]));
  const known = reading.people([source, ...(rules.directory === undefined ? [] : [rules.directory])]);
  const asked = known.identities
    .map((identity) => ({ identity, who: identityName(identity) }))
    .filter(({ who }) => !rules.services?.has(who));
  const seen = new Set(known.identities.map(({ email }) => email));
  const others = [...new Set([...known.emails, ...roster.keys()])]
    .filter((email) => !seen.has(email))
    .toSorted()
    .map((email) => ({ identity: parseWho(email), who: email }));
  const all = [...asked, ...others];
  const kinds = Map.groupBy(all, ({ identity }): Kind => roster.get(identity.email ?? '') ?? 'none');
  return { drawn: KINDS.flatMap((kind) => someOf(kinds.get(kind) ?? [], EACH_MAX, dice)), of: all.length };
};

/** Whom the source knows them as; undefined for somebody with several accounts there, as whom nobody could ask. */
export const personOf = (
  { identity, who }: Candidate,
  due: Person['due'],
  accounts: readonly KnownAccount[],
): Person | undefined => {
  const theirs = accounts.filter(({ former }) => !former);
  const linked = theirs.filter((account) => account.linked);
  const [account, other] = linked.length > 0 ? linked : theirs;
  if (other) return undefined;
  if (!account) return { identity, who, due, kind: 'none' };
  const { id, name, emails, active, kind } = account;
  return {
    identity,
    who,
    due,
    kind: active ? kind : 'inactive',
    as: { id, ...(name === undefined ? {} : { name }), emails, active, kind },
  };
};

/** The facts about somebody as their source sees them: they are that account and no other, whoever is linked to it here. */
export const asTheSource = (facts: Facts, { as }: Pick<Person, 'as'>): Facts => {
  const seen: Facts = {
    leaf: (principal) => {
      if (!principal.startsWith('user:')) return facts.leaf(principal);
      return { is: as !== undefined && nameOf(principal) === as.id ? 'yes' : 'no', at: Infinity };
    },
    listing: (group) => facts.listing(group),
    audience: (key) => facts.audience(key),
    get directory() {
      return facts.directory === facts ? seen : facts.directory;
    },
  };
  return seen;
};
