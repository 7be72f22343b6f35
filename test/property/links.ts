import { own, type LinkFacts, type Person, type SourceFacts, type World } from './world.ts';

const NONE: readonly never[] = [];

/** The accounts of a source that somebody is linked to. */
export const linksOf = (source: SourceFacts, { subject }: Person): readonly LinkFacts[] => own(source.links, subject) ?? NONE;

/**
 * Somebody is identified: linked in each source in which they are not yet, outside of any run, where their verified e-mail is of the
 * organisation and exactly one active account carries it, unless a person decided otherwise. Gives how often one did.
 */
export const identify = (world: World, person: Person): number => {
  const { subject, email, listed } = person;
  if (listed || email === undefined || !world.owned.includes(email.split('@')[1] ?? '')) return 0;
  let kept = 0;
  for (const source of Object.values(world.sources)) {
    const active = Object.entries(source.accounts).filter(([, account]) => account.active && account.emails.includes(email));
    const [only] = active;
    if (!only || active.length > 1 || isBetween(source) || linksOf(source, person).length > 0) continue;
    if (isBarred(world, source, only[0], person)) kept++;
    else source.links[subject] = [{ account: only[0], byHand: false, emails: [email] }];
  }
  return kept;
};

/** A run is under way, was killed, or left accounts that wait. */
const isBetween = ({ running, waiting }: SourceFacts): boolean => running || Object.keys(waiting).length > 0;

/** A person took the two apart, or gave the account to somebody with another e-mail. */
const isBarred = ({ people }: World, source: SourceFacts, account: string, { subject, email }: Person): boolean => {
  const refused = own(source.refused, account) ?? NONE;
  if (refused.includes(subject) || (email !== undefined && refused.includes(email))) return true;
  return people.some(
    (other) => other.email !== email && linksOf(source, other).some((link) => link.byHand && link.account === account),
  );
};

/** What a person decides about somebody and an account. */
export interface DecisionFacts {
  readonly kind: 'link' | 'unlink';
  readonly person: Person;
  readonly account: string;
  /** Whether whoever else has the account loses it. */
  readonly andUnlink: boolean;
}

/** Links or unlinks by a person's word; false where that is refused. */
export const decideByHand = ({ people }: World, source: SourceFacts, decision: DecisionFacts): boolean => {
  const { kind, person, account: id, andUnlink } = decision;
  const account = own(source.accounts, id);
  if (!account) return false;
  if (kind === 'unlink') {
    take(source, person, id);
    return true;
  }
  const others = people.filter((other) => other !== person && other.email !== person.email && has(source, other, id));
  if (!account.active || source.running || (others.length > 0 && !andUnlink)) return false;
  for (const other of others) take(source, other, id);
  source.refused[id] = (own(source.refused, id) ?? NONE).filter((name) => name !== markOf(person));
  const rest = linksOf(source, person).filter((link) => link.account !== id);
  source.links[person.subject] = [...rest, { account: id, byHand: true, emails: account.emails }];
  forgetFormer(source, person, id);
  return true;
};

const has = (source: SourceFacts, person: Person, id: string): boolean =>
  linksOf(source, person).some(({ account }) => account === id);

/** Ends a link as if it had never been, and keeps an e-mail from making it again. */
const take = (source: SourceFacts, person: Person, id: string): void => {
  source.links[person.subject] = linksOf(source, person).filter(({ account }) => account !== id);
  forgetFormer(source, person, id);
  source.refused[id] = [...(own(source.refused, id) ?? NONE), markOf(person)];
};

const markOf = ({ subject, email }: Person): string => email ?? subject;

const forgetFormer = (source: SourceFacts, { subject }: Person, id: string): void => {
  source.former[subject] = (own(source.former, subject) ?? NONE).filter((account) => account !== id);
};

/** Links end when their account is inactive, or carries nothing any more of what they were made on. */
export const endLinks = (source: SourceFacts, people: readonly Person[]): void => {
  for (const person of people) {
    for (const link of linksOf(source, person)) {
      const account = own(source.accounts, link.account);
      const carries = link.emails.some((email) => account?.emails.includes(email)) || (link.byHand && link.emails.length === 0);
      if (account?.active && carries) continue;
      source.links[person.subject] = linksOf(source, person).filter((other) => other !== link);
      source.former[person.subject] = [...(own(source.former, person.subject) ?? NONE), link.account];
    }
  }
};
