import { aclSchema } from '../../core/acl.ts';
import type { Identity } from '../../core/caller.ts';
import type { Facts } from '../../core/decide.ts';
import { mayDecide, type Promised } from '../../core/freshness.ts';
import type { Rules } from '../../core/rules.ts';
import { asksDirectory, leafStanding } from '../../core/leaf.ts';
import { type Member, memberSchema } from '../../core/principal.ts';
import type { Database } from './database.ts';
import type { FindAccounts, Known } from './known-accounts.ts';
import { storedJson } from './stored-json.ts';

/** What the reference rule needs of one source, read from plain rows: the visibility of `visibility.ts` has no part in it. */
export type FindFacts = (source: string, identity: Identity, rules: Rules, now: number) => Facts;

/** Prepares the look-ups on a connection; each goes through an index. */
export const prepareFacts = (db: Database, findAccounts: FindAccounts): FindFacts => {
  const listing = prepareListing(db);
  const audience = prepareAudience(db);
  return (asked, identity, rules, now) =>
    factsFrom(asked, identity, rules, {
      known: findAccounts(identity, rules, now),
      listing: (source, group, promised) => listing(source, group, promised, now),
      audience: (source, key, promised) => audience(source, key, promised, now),
    });
};

/** Where facts are read: from the index as it stands, or from what it remembers of another time. */
export interface FactsRead {
  readonly known: Known;
  listing(source: string, group: string, promised: Promised): ReturnType<Facts['listing']>;
  audience(source: string, key: string, promised: Promised): ReturnType<Facts['audience']>;
}

/** The facts of one source and one caller, and those of the directory where they ask it. */
export const factsFrom = (asked: string, identity: Identity, rules: Rules, read: FactsRead): Facts => {
  const { in: accounts, activity } = read.known;
  const looked = { identity, rules, ...(activity && { activity }) };
  const factsIn = (source: string, directory?: () => Facts): Facts => {
    const promised = rules.sources.get(source)?.permissions;
    if (!promised) return NOTHING;
    return {
      leaf: leafStanding({ ...looked, source, accounts: accounts.get(source) ?? [] }),
      listing: remembered((group) => read.listing(source, group, promised)),
      audience: remembered((key) => read.audience(source, key, promised)),
      get directory() {
        return directory?.();
      },
    };
  };
  if (rules.directory === undefined || !asksDirectory(looked)) return factsIn(asked);
  const directory: Facts = factsIn(rules.directory, () => directory);
  return asked === rules.directory ? directory : factsIn(asked, () => directory);
};

/** Of a source that is not configured nothing is known. */
const NOTHING: Facts = {
  leaf: () => ({ is: 'undecided', at: Infinity }),
  listing: () => undefined,
  audience: () => undefined,
};

const prepareListing = (db: Database) => {
  const find = db.prepare<[string, string], { principal: number; at: number }>(`
    SELECT
      member_group.principal,
      iif(member_group.unknown IS NULL, max(member_group.listed_at, source.confirmed_at), member_group.listed_at) AS at
    FROM source
    JOIN principal ON principal.source = source.id AND principal.kind = 'group' AND principal.name = ?
    JOIN member_group ON member_group.principal = principal.id AND member_group.listed_at IS NOT NULL
    WHERE source.name = ?`);
  const members = db.prepare<[number], { kind: string; name: string }>(`
    SELECT principal.kind, principal.name
    FROM member
    JOIN principal ON principal.id = member.member
    WHERE member.member_group = ?
    ORDER BY principal.kind, principal.name      -- never by row id: which chain is found first decides whose time is shown`);
  return (source: string, group: string, promised: Promised, now: number): ReturnType<Facts['listing']> => {
    const found = find.get(group, source);
    if (!found) return undefined;
    return {
      members: members.all(found.principal).map(memberOf),
      at: found.at,
      fresh: mayDecide(found.at, promised, now),
    };
  };
};

const memberOf = ({ kind, name }: { readonly kind: string; readonly name: string }): Member =>
  memberSchema.parse(name === '' ? kind : `${kind}:${name}`);

const prepareAudience = (db: Database) => {
  const find = db.prepare<[string, string], { value: string; at: number }>(`
    SELECT acl.value, max(item.permissions_synced_at, source.confirmed_at) AS at
    FROM source
    JOIN item ON item.source = source.id AND item.key = ?
    JOIN acl ON acl.id = item.acl
    WHERE source.name = ?`);
  return (source: string, key: string, promised: Promised, now: number): ReturnType<Facts['audience']> => {
    const found = find.get(key, source);
    if (!found || !mayDecide(found.at, promised, now)) return undefined;
    return { acl: storedJson(aclSchema, found.value, 'an acl'), at: found.at };
  };
};

/** Facts do not change within a transaction: each is read once, however many documents rest on it. */
export const remembered = <T>(read: (name: string) => T): ((name: string) => T) => {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const value = read(name);
    known.set(name, value);
    return value;
  };
};
