import type { Account } from '../../src/core/document.ts';
import { endLinks } from './links.ts';
import { type AccountFacts, type AclFacts, own, type Person, type SourceFacts } from './world.ts';

/** What a run widens waits for its end: what each fact is meanwhile, by the meaning of it. */

/** The members of a group, whole. */
export const listGroup = (source: SourceFacts, id: string, told: readonly string[], at: number, holds: boolean): void => {
  const known = own(source.groups, id);
  const same = known?.members !== undefined && new Set(told).symmetricDifference(new Set(known.members)).size === 0;
  if (!holds || (same && !known.waits)) {
    source.groups[id] = { members: told, unknown: false, at };
    return;
  }
  const members = known?.members?.filter((member) => told.includes(member));
  source.groups[id] = { ...(members && { members }), unknown: false, at, waits: { members: told, at } };
};

/** An account, as somebody is told to be. */
export const tellAccount = (
  source: SourceFacts,
  { id, ...account }: Account,
  { at, holds, people }: { readonly at: number; readonly holds: boolean; readonly people: readonly Person[] },
): void => {
  const told: AccountFacts = { emails: account.emails, active: account.active, guest: account.kind === 'guest', at };
  const old = own(source.accounts, id);
  delete source.waiting[id];
  if (holds && !old && told.active && !told.guest) {
    source.waiting[id] = told;
    return;
  }
  source.accounts[id] = { ...told };
  endLinks(source, people);
  if (!holds) return;
  const has = old ? common(old, told) : told;
  if (!alike(has, told) || (told.active && !(old && alike(old, told)))) source.waiting[id] = told;
  source.accounts[id] = { ...has, at };
  endLinks(source, people);
};

/** Nobody is let in whom one of the two kept out. */
const common = (old: AccountFacts, told: AccountFacts): AccountFacts => {
  const active = old.active && told.active;
  const guest = old.guest || told.guest;
  const emails =
    active && !guest ? old.emails.filter((email) => told.emails.includes(email)) : [...new Set([...old.emails, ...told.emails])];
  return { active, guest, emails, at: told.at };
};

const alike = (one: AccountFacts, other: AccountFacts): boolean =>
  one.active === other.active &&
  one.guest === other.guest &&
  new Set(one.emails).symmetricDifference(new Set(other.emails)).size === 0;

/** The acl of an item, and what it waits for. Only what some acl ever named as an audience decides about others. */
export const aclTold = (
  source: SourceFacts,
  key: string,
  told: AclFacts,
  holds: boolean,
): { readonly acl: AclFacts; readonly waits?: AclFacts } => {
  for (const name of audiencesIn(told)) source.named.add(name);
  if (!holds || !source.named.has(key)) return { acl: told };
  const was = own(source.items, key)?.acl ?? 'unknown';
  return { acl: was === 'unknown' || told === 'unknown' ? 'unknown' : [...was, ...told], waits: told };
};

const audiencesIn = (acl: AclFacts): string[] =>
  acl === 'unknown'
    ? []
    : acl.flatMap(({ allow }) => allow.filter((name) => name.startsWith('audience:')).map((name) => name.slice(9)));

/** A run has said all it has to say. */
export const land = (source: SourceFacts, people: readonly Person[]): void => {
  for (const [id, told] of Object.entries(source.waiting)) {
    source.accounts[id] = { ...told };
    delete source.waiting[id];
    endLinks(source, people);
  }
  for (const [id, { waits, ...group }] of Object.entries(source.groups)) {
    if (waits) source.groups[id] = { ...group, members: waits.members, at: group.members ? group.at : waits.at };
  }
  for (const [key, { waits, ...item }] of Object.entries(source.items)) if (waits) source.items[key] = { ...item, acl: waits };
};
