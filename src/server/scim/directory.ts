import type { Account } from '../../core/document.ts';
import type { Member } from '../../core/principal.ts';
import type { Pushed, PushedChange, PushedKind } from '../../store/pushed.ts';
import { fold } from './filter.ts';
import { checked, etagOf } from './resource.ts';
import { type Attributes, isAttributes, refusal } from './schema.ts';

/** What resources mean to those who decide. */
export interface Meaning {
  accountOf(id: string, value: Attributes): Account;
  groupOf(value: Attributes): { readonly name: string; readonly members: readonly string[] };
}

/** Changes one directory from inside one commit. */
export interface Directory {
  create(kind: PushedKind, id: string, given: Attributes): Pushed;
  /** `ifMatch`: only while it is as its sender knows it. */
  update(kind: PushedKind, id: string, ifMatch: string | undefined, change: (value: Attributes) => Attributes): Pushed;
  remove(kind: PushedKind, id: string, ifMatch: string | undefined): void;
}

/** The directory of one change. */
export const directoryIn = (change: PushedChange, meaning: Meaning): Directory => {
  const refuseTaken = ({ kind, id, name }: Pick<Pushed, 'kind' | 'id' | 'name'>): void => {
    const other = change.find(kind, { name });
    if (other && other.id !== id) throw refusal(409, 'uniqueness', `There is a ${kind} of this name already: ${other.id}.`);
  };
  const known = (kind: PushedKind, id: string, ifMatch: string | undefined): Pushed => {
    const found = change.find(kind, { id });
    if (!found) throw notFound(kind, id);
    if (ifMatch !== undefined && !matches(ifMatch, found)) {
      throw refusal(412, '', `The ${kind} ${id} has changed since it was read. Read it again, then send the change again.`);
    }
    return found;
  };
  const put = (pushed: Pushed, before?: Pushed): Pushed => {
    refuseTaken(pushed);
    change.put(pushed);
    express(change, meaning, pushed, before);
    return pushed;
  };
  const rewrite = (found: Pushed, value: Attributes): Pushed =>
    put({ ...identityOf(found), ...checked(found.kind, value), version: found.version + 1, modifiedAt: change.at }, found);

  return {
    create: (kind, id, given) =>
      put({ kind, id, ...checked(kind, given), version: 1, createdAt: change.at, modifiedAt: change.at }),
    update: (kind, id, ifMatch, of) => {
      const found = known(kind, id, ifMatch);
      return rewrite(found, of(found.value));
    },
    remove: (kind, id, ifMatch) => {
      const found = known(kind, id, ifMatch);
      const member = memberOf(found, meaning);
      // Nobody who comes later under that name may be taken for a member.
      for (const holder of groupsNamed(change, change.holders(member))) rewrite(holder, withoutMember(holder.value, id));
      change.remove(id);
      if (kind === 'User') change.account({ ...meaning.accountOf(id, found.value), active: false });
      else change.unlist(meaning.groupOf(found.value).name);
    },
  };
};

/** Writes what follows from a resource: an account, or a group's members. `before`: as it was. */
export const express = (change: PushedChange, meaning: Meaning, pushed: Pushed, before?: Pushed): void => {
  if (pushed.kind === 'User') return change.account(meaning.accountOf(pushed.id, pushed.value));
  const { name, members } = meaning.groupOf(pushed.value);
  change.list(
    name,
    members.map((id): Member => {
      const group = change.find('Group', { id });
      return group ? memberOf(group, meaning) : `user:${id}`;
    }),
  );
  const old = before && meaning.groupOf(before.value).name;
  if (old === undefined || old === name) return;
  change.unlist(old);
  for (const holder of groupsNamed(change, change.holders(`group:${old}`))) express(change, meaning, holder);
};

const memberOf = ({ kind, id, value }: Pushed, meaning: Meaning): Member =>
  kind === 'User' ? `user:${id}` : `group:${meaning.groupOf(value).name}`;

const groupsNamed = (change: PushedChange, names: readonly string[]): readonly Pushed[] =>
  names.flatMap((name) => change.find('Group', { name: fold(name) }) ?? []);

const withoutMember = (value: Attributes, id: string): Attributes => {
  const members = value['members'];
  if (!Array.isArray(members)) return value;
  return { ...value, members: members.filter((member: unknown) => !isAttributes(member) || member['value'] !== id) };
};

const identityOf = ({ kind, id, createdAt }: Pushed): Pick<Pushed, 'kind' | 'id' | 'createdAt'> => ({ kind, id, createdAt });

export const notFound = (kind: PushedKind, id: string) => refusal(404, '', `There is no ${kind} ${id}.`);

/** As RFC 7232 has it: one of a list, or any. Ours are weak, and providers send them back with or without saying so. */
export const matches = (header: string, pushed: Pushed): boolean =>
  header.split(',').some((tag) => tag.trim() === '*' || weak(tag) === weak(etagOf(pushed)));

const weak = (tag: string): string => tag.trim().replace(/^W\//u, '');
