import { z } from 'zod';

import { type Acl, aclSchema } from '../../core/acl.ts';
import { type Member, memberSchema } from '../../core/principal.ts';
import type { PastAccount, PastItem, PastLink, PastListing, Since } from '../past.ts';
import type { Database } from './database.ts';
import { storedJson } from './stored-json.ts';

/** Acls that were read before, and the members of groups at a row of history: more are read again. */
const ACLS_KEPT = 20_000;
const MEMBERS_KEPT = 500_000;

/** Single facts of one source as of a version, folded from the rows of history. */
export interface Folds {
  source(name: string): number | undefined;
  item(source: number, key: string, version: number): PastItem | undefined;
  listing(source: number, group: string, version: number): PastListing | undefined;
  account(source: number, account: string, version: number): PastAccount | undefined;
  accounts(source: number, version: number): readonly PastAccount[];
  links(source: number, version: number): readonly PastLink[];
  /** The accounts that somebody was linked to. */
  linkedTo(source: number, who: string, version: number): readonly string[];
  /** Of those that somebody had been linked to: the accounts whose link ended with what it rested on. */
  formerOf(source: number, who: string, version: number): readonly string[];
  /** Whether the source had been read to its end. */
  wasRead(source: number, version: number): boolean;
  /** The accounts that ever carried an e-mail: what they carried then says `account`. */
  everCarried(source: number, email: string): readonly string[];
}

/** Prepares the look-ups on a connection; each goes through an index, and reads no row after the version. */
export const prepareFolds = (db: Database): Folds => {
  const source = db.prepare<[string], number>('SELECT id FROM source WHERE name = ?').pluck();
  const last = db.prepare<[number, string, string, number], Row>(`
    SELECT id, version, run, at, key, subject, new
    FROM history
    WHERE source = ? AND subject = ? AND key = ? AND version <= ?
    ORDER BY version DESC, id DESC
    LIMIT 1`);
  const deltas = db.prepare<[number, string, number], Delta>(`
    SELECT id, old, new
    FROM history
    WHERE source = ? AND subject = 'members' AND key = ? AND version <= ?
    ORDER BY version, id`);
  // Of each account the row with the greatest id: SQLite takes the other columns from that row.
  const accounts = db.prepare<[number, number], Row>(`
    SELECT max(id) AS id, version, run, at, key, subject, new
    FROM history
    WHERE source = ? AND subject = 'account' AND version <= ?
    GROUP BY key
    ORDER BY key`);
  const links = db.prepare<[number, number], Row & { who: string }>(`
    SELECT max(id) AS id, version, run, at, key, subject, new, coalesce(new, old) ->> '$.identity' AS who
    FROM history
    WHERE source = ? AND subject = 'link' AND version <= ?
    GROUP BY key, who
    ORDER BY key, who`);
  const linkedTo = db.prepare<[string, number, number], Row>(`
    SELECT max(id) AS id, version, run, at, key, subject, new
    FROM history
    WHERE coalesce(new, old) ->> '$.identity' = ? AND source = ? AND subject = 'link' AND version <= ?
    GROUP BY key
    ORDER BY key`);
  const former = db.prepare<[string, number, number], { account: string; former: number }>(`
    SELECT max(former_moved.id), former_moved.former, account.account
    FROM identity
    JOIN former_moved ON former_moved.identity = identity.id
    JOIN account ON account.id = former_moved.account
    WHERE identity.issuer || '|' || identity.subject = ? AND account.source = ? AND former_moved.version <= ?
    GROUP BY former_moved.account
    ORDER BY account.account`);
  const read = db
    .prepare<[number, number], number>(
      'SELECT read FROM read_moved WHERE source = ? AND version <= ? ORDER BY version DESC, id DESC LIMIT 1',
    )
    .pluck();
  const carried = db
    .prepare<[number, string], string>('SELECT account FROM email_carried WHERE source = ? AND email = ? ORDER BY account')
    .pluck();
  const aclOf = prepareAcls(db);
  const members = keptMembers(deltas);

  return {
    source: (name) => source.get(name),
    item: (of, key, version) => {
      const row = (['acl', 'container'] as const).map((subject) => last.get(of, subject, key, version)).find(isThere);
      if (!row) return undefined;
      const id = storedJson(z.number(), row.new, 'the history of an acl');
      return { key, container: row.subject === 'container', acl: { id, value: aclOf(id) }, since: sinceOf(row) };
    },
    listing: (of, group, version) => {
      const row = last.get(of, 'members', group, version);
      return isThere(row) ? { members: members(of, group, row), since: sinceOf(row) } : undefined;
    },
    account: (of, account, version) => {
      const row = last.get(of, 'account', account, version);
      return isThere(row) ? accountOf(row) : undefined;
    },
    accounts: (of, version) => accounts.all(of, version).filter(isThere).map(accountOf),
    links: (of, version) =>
      links
        .all(of, version)
        .filter(isThere)
        .map((row) => ({ who: row.who, account: row.key, since: sinceOf(row) })),
    linkedTo: (of, who, version) =>
      linkedTo
        .all(who, of, version)
        .filter(isThere)
        .map(({ key }) => key),
    formerOf: (of, who, version) =>
      former.all(who, of, version).flatMap(({ account, former: is }) => (is === 1 ? [account] : [])),
    wasRead: (of, version) => read.get(of, version) === 1,
    everCarried: (of, email) => carried.all(of, email),
  };
};

interface Row {
  readonly id: number;
  readonly version: number;
  readonly run: number | null;
  readonly at: number;
  readonly key: string;
  readonly subject: string;
  readonly new: string | null;
}

interface Delta {
  readonly id: number;
  readonly old: string | null;
  readonly new: string | null;
}

/** What ended has a last row too: one without a new value. */
const isThere = <R extends Row>(row: R | undefined): row is R & { readonly new: string } => row !== undefined && row.new !== null;

const sinceOf = ({ version, at, run }: Row): Since => ({ version, at, ...(run === null ? {} : { run }) });

const accountSchema = z.strictObject({ active: z.boolean(), kind: z.enum(['member', 'guest']), emails: z.array(z.string()) });

const accountOf = (row: Row & { readonly new: string }): PastAccount => ({
  id: row.key,
  ...storedJson(accountSchema, row.new, 'the history of an account'),
  since: sinceOf(row),
});

const membersSchema = z.array(memberSchema);

/** Members by what went and what came, up to a row; what a group held at a row never changes. */
const keptMembers = (deltas: { all(source: number, group: string, version: number): Delta[] }) => {
  const kept = new Map<number, readonly Member[]>();
  let count = 0;
  return (source: number, group: string, { id, version }: Row): readonly Member[] => {
    const before = kept.get(id);
    if (before) return before;
    let folded = new Set<Member>();
    for (const { old, new: come } of deltas.all(source, group, version)) {
      if (come === null) folded = new Set();
      if (come === null) continue; // from here on it was not listed whole
      for (const member of old === null ? [] : parsed(old)) folded.delete(member);
      for (const member of parsed(come)) folded.add(member);
    }
    const members = [...folded].toSorted();
    if (count + members.length > MEMBERS_KEPT) kept.clear();
    if (kept.size === 0) count = 0;
    kept.set(id, members);
    count += members.length;
    return members;
  };
};

const parsed = (json: string): readonly Member[] => storedJson(membersSchema, json, 'the history of a group');

/** Acls are never changed nor removed, so each is read once. */
const prepareAcls = (db: Database): ((id: number) => Acl) => {
  const find = db.prepare<[number], string>('SELECT value FROM acl WHERE id = ?').pluck();
  const kept = new Map<number, Acl>();
  return (id) => {
    const before = kept.get(id);
    if (before) return before;
    const acl = storedJson(aclSchema, find.get(id) ?? 'null', 'an acl of the past');
    if (kept.size >= ACLS_KEPT) kept.clear();
    kept.set(id, acl);
    return acl;
  };
};
