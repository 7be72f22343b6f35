import type { Identity } from '../../core/caller.ts';
import { ROUNDS } from '../../core/decide.ts';
import type { Rules } from '../../core/rules.ts';
import { asksDirectory, type Looked } from '../../core/leaf.ts';
import type { HeldAcls } from '../reader.ts';
import { accountsUntil, anyStale } from './account-promises.ts';
import type { Database } from './database.ts';
import type { FindAccounts } from './known-accounts.ts';
import { leafKinds } from './leaves.ts';
import type { SetPromises } from './promises.ts';

/** Decides, for one identity, every acl there is. */
export type HoldAcls = (identity: Identity, rules: Rules, now: number) => HeldAcls;

/**
 * The rule of `core/decide.ts`, for all acls at once. A principal may be `possible` without being `sure`: that is undecided.
 * `sure` principals satisfy an allow, `possible` ones trigger a deny.
 */
export const prepareVisibility = (db: Database, findAccounts: FindAccounts, setPromises: SetPromises): HoldAcls => {
  db.exec(TABLES);
  const leaves = prepareLeaves(db);
  const organise = ORGANISE.map((sql) => db.prepare<{ directory: string }>(sql));
  const steps = STEPS.map((sql) => db.prepare(sql));
  const terms = db.prepare<{ round: number }>(TERMS);
  const acls = db.prepare<{ round: number }>(ACLS);
  const audiences = db.prepare<{ round: number }>(AUDIENCES);
  const held = db.prepare<[], number>('SELECT acl FROM temp.round_acl').pluck();
  const slack = db.prepare<[], { slack: number | null }>(SLACK);
  const stale = db.prepare<[], { stale: number }>(STALE);

  const holdRounds = (): void => {
    for (let round = 0; round <= ROUNDS; round++) {
      terms.run({ round });
      acls.run({ round });
      if (round === ROUNDS || audiences.run({ round }).changes === 0) return;
    }
  };

  return (identity, rules, now) => {
    const { in: accounts, activity } = findAccounts(identity, rules, now);
    const looked = { identity, rules, ...(activity && { activity }) };
    const { directory } = rules;
    setPromises(rules, now);
    for (const table of SCRATCH) db.exec(`DELETE FROM temp.${table}`);
    for (const source of rules.sources.keys()) leaves({ ...looked, source, accounts: accounts.get(source) ?? [] });
    if (directory !== undefined && asksDirectory(looked)) for (const step of organise) step.run({ directory });
    for (const step of steps) step.run();
    holdRounds();
    return {
      acls: Uint32Array.from(held.all()),
      until: Math.min(now + (slack.get()?.slack ?? Infinity), accountsUntil(accounts, rules)),
      stale: stale.get()?.stale === 1 || anyStale(accounts),
    };
  };
};

/** Writes how the caller stands to the leaves of a source. */
const prepareLeaves = (db: Database) => {
  const all = db.prepare<{ sure: number; source: string; kind: string }>(`
    INSERT INTO temp.leaf
    SELECT principal.id, :sure
    FROM temp.promise
    JOIN principal ON principal.source = promise.source AND principal.kind = :kind
    WHERE promise.name = :source`);
  const find = db.prepare<{ source: string; kind: string; name: string }, { id: number }>(`
    SELECT principal.id
    FROM temp.promise
    JOIN principal ON principal.source = promise.source AND principal.kind = :kind AND principal.name = :name
    WHERE promise.name = :source`);
  const set = db.prepare<[number, number]>('INSERT OR REPLACE INTO temp.leaf VALUES (?, ?)');
  const unset = db.prepare<[number]>('DELETE FROM temp.leaf WHERE principal = ?');
  return (looked: Looked): void => {
    const { source } = looked;
    for (const { kind, rest, named } of leafKinds(looked)) {
      if (rest !== 'no') all.run({ source, kind, sure: rest === 'yes' ? 1 : 0 });
      for (const { name, is } of named) {
        const principal = find.get({ source, kind, name });
        if (!principal) continue;
        if (is === 'no') unset.run(principal.id);
        else set.run(principal.id, is === 'yes' ? 1 : 0);
      }
    }
  };
};

const TABLES = `
  -- All scratch, emptied for every question. slack: how long, in ms, what it rests on keeps its promise.
  CREATE TEMP TABLE leaf (principal INTEGER PRIMARY KEY, sure INTEGER NOT NULL) STRICT;
  -- What of the directory a group of the organisation is.
  CREATE TEMP TABLE org_group (
    directory_group INTEGER NOT NULL, org INTEGER NOT NULL, PRIMARY KEY (directory_group, org)
  ) STRICT, WITHOUT ROWID;
  CREATE TEMP TABLE listed_group (principal INTEGER PRIMARY KEY, slack REAL NOT NULL) STRICT;
  CREATE TEMP TABLE audience (
    acl INTEGER NOT NULL, principal INTEGER NOT NULL, slack REAL NOT NULL, PRIMARY KEY (acl, principal)
  ) STRICT, WITHOUT ROWID;
  CREATE TEMP TABLE denied_term (term INTEGER PRIMARY KEY) STRICT;
  -- What came to hold in which round.
  CREATE TEMP TABLE sure (round INTEGER NOT NULL, principal INTEGER NOT NULL, PRIMARY KEY (round, principal)) STRICT, WITHOUT ROWID;
  CREATE TEMP TABLE held_term (term INTEGER PRIMARY KEY, round INTEGER NOT NULL) STRICT;
  CREATE INDEX temp.held_term_by_round ON held_term (round);
  CREATE TEMP TABLE round_acl (round INTEGER NOT NULL, acl INTEGER NOT NULL, PRIMARY KEY (round, acl)) STRICT, WITHOUT ROWID;`;

const SCRATCH = ['leaf', 'org_group', 'listed_group', 'audience', 'denied_term', 'sure', 'held_term', 'round_acl'];

/** Ties what `org:` names to the groups of the directory; of one that it has no group for nobody can say who is in it. */
const ORGANISE = [
  `
  INSERT INTO temp.org_group
  SELECT directory_group.id, org.id
  FROM temp.promise AS directory
  JOIN principal AS directory_group ON directory_group.source = directory.source AND directory_group.kind = 'group'
  CROSS JOIN temp.promise
  JOIN principal AS org ON org.source = promise.source AND org.kind = 'org' AND org.name = directory_group.name
  WHERE directory.name = :directory`,
  `
  INSERT INTO temp.leaf
  SELECT org.id, 0
  FROM temp.promise
  JOIN principal AS org ON org.source = promise.source AND org.kind = 'org'
  WHERE org.name NOT IN (
    SELECT directory_group.name
    FROM temp.promise AS directory
    JOIN principal AS directory_group ON directory_group.source = directory.source AND directory_group.kind = 'group'
    WHERE directory.name = :directory)`,
];

/** The groups whose last whole listing may decide. A failed try since then leaves that listing to age. */
const LISTED_GROUPS = `
  INSERT INTO temp.listed_group
  SELECT principal, at - since
  FROM (
    SELECT
      member_group.principal,
      iif(member_group.unknown IS NULL, max(member_group.listed_at, promise.confirmed_at), member_group.listed_at) AS at,
      promise.permissions_since AS since
    FROM member_group
    JOIN temp.promise ON promise.source = member_group.source
    WHERE member_group.listed_at IS NOT NULL)
  WHERE at >= since`;

/** The items that are named as audiences and may decide, by their acl. */
const AUDIENCE_ITEMS = `
  INSERT INTO temp.audience
  SELECT acl, principal, at - since
  FROM (
    SELECT
      item.acl,
      principal.id AS principal,
      max(item.permissions_synced_at, promise.confirmed_at) AS at,
      promise.permissions_since AS since
    FROM temp.promise
    JOIN principal ON principal.source = promise.source AND principal.kind = 'audience'
    JOIN item ON item.source = principal.source AND item.key = principal.name)
  WHERE at >= since`;

/** Yes through any chain of groups that may decide. */
const SURE = `
  WITH RECURSIVE holds(principal) AS (
    SELECT principal FROM temp.leaf WHERE sure = 1
    UNION                                        -- not UNION ALL: a cycle of groups must end
    SELECT member.member_group
    FROM holds
    JOIN member ON member.member = holds.principal
    JOIN temp.listed_group ON listed_group.principal = member.member_group
    UNION
    SELECT org_group.org
    FROM holds
    JOIN temp.org_group ON org_group.directory_group = holds.principal
  )
  INSERT INTO temp.sure
  SELECT 0, principal FROM holds`;

/** Terms that deny somebody the caller may be. A group that may not decide could hold anybody. */
const DENIED_TERMS = `
  WITH RECURSIVE possible(principal) AS (
    SELECT principal FROM temp.leaf
    UNION
    SELECT principal.id
    FROM temp.promise
    JOIN principal ON principal.source = promise.source AND principal.kind = 'group'
    WHERE principal.id NOT IN (SELECT principal FROM temp.listed_group)
    UNION
    SELECT member.member_group
    FROM possible
    JOIN member ON member.member = possible.principal
    JOIN temp.listed_group ON listed_group.principal = member.member_group
    UNION
    SELECT org_group.org
    FROM possible
    JOIN temp.org_group ON org_group.directory_group = possible.principal
  )
  INSERT OR IGNORE INTO temp.denied_term
  SELECT acl_grant.term
  FROM possible
  JOIN acl_grant ON acl_grant.principal = possible.principal AND acl_grant.deny = 1`;

const STEPS = [LISTED_GROUPS, AUDIENCE_ITEMS, SURE, DENIED_TERMS];

const TERMS = `
  INSERT OR IGNORE INTO temp.held_term
  SELECT acl_grant.term, :round
  FROM temp.sure
  JOIN acl_grant ON acl_grant.principal = sure.principal AND acl_grant.deny = 0
  WHERE sure.round = :round
    AND acl_grant.term NOT IN (SELECT term FROM temp.denied_term)`;

/** An acl can only come to hold in a round in which one of its terms did. */
const ACLS = `
  INSERT OR IGNORE INTO temp.round_acl
  SELECT :round, acl.id
  FROM temp.held_term
  JOIN acl_term ON acl_term.id = held_term.term
  JOIN acl ON acl.id = acl_term.acl AND acl.unknown = 0
  WHERE held_term.round = :round
    AND NOT EXISTS (
      SELECT 1
      FROM acl_term AS other
      WHERE other.acl = acl.id AND other.id NOT IN (SELECT term FROM temp.held_term))`;

const AUDIENCES = `
  INSERT INTO temp.sure
  SELECT :round + 1, audience.principal
  FROM temp.round_acl
  JOIN temp.audience ON audience.acl = round_acl.acl
  WHERE round_acl.round = :round`;

const SLACK = `
  SELECT min(slack) AS slack
  FROM (SELECT slack FROM temp.listed_group UNION ALL SELECT slack FROM temp.audience)`;

/** A group whose last try failed stays out of this: once it is listed again, the epoch moves. */
const STALE = `
  SELECT
    EXISTS (
      SELECT 1
      FROM member_group
      JOIN temp.promise ON promise.source = member_group.source
      WHERE member_group.listed_at IS NOT NULL
        AND member_group.unknown IS NULL
        AND member_group.principal NOT IN (SELECT principal FROM temp.listed_group))
    OR EXISTS (
      SELECT 1
      FROM temp.promise
      JOIN principal ON principal.source = promise.source AND principal.kind = 'audience'
      JOIN item ON item.source = principal.source AND item.key = principal.name
      WHERE principal.id NOT IN (SELECT principal FROM temp.audience)) AS stale`;
