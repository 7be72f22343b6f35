import { asksDirectory } from '../../core/leaf.ts';
import { accountsUntil, anyStale } from './account-promises.ts';
import type { Database } from './database.ts';
import type { FindAccounts } from './known-accounts.ts';
import { leafKinds } from './leaves.ts';
import {
  type AudienceRow,
  type GroupRow,
  type LeafStandings,
  type Marks,
  type Moved,
  type Numbers,
  type PermissionRows,
  PRINCIPAL_KINDS,
  type SourceRow,
} from '../permission-rows.ts';

/** Prepares the reading of permission rows on a connection. */
export const preparePermissionRows = (db: Database, findAccounts: FindAccounts): PermissionRows => {
  const marks = db.prepare<[], Marks>(MARKS);
  const sources = db.prepare<[], SourceRow>('SELECT id, name, confirmed_at AS confirmedAt FROM source ORDER BY id');
  const principals = numbers<3>(db, `SELECT id, source, ${KIND} FROM principal WHERE id > ? ORDER BY id LIMIT ?`);
  const orgGroups = db.prepare<[{ directory: string; after: number; through: number }], Numbers<2>>(ORG_GROUPS).raw();
  const terms = numbers<2>(db, 'SELECT id, acl FROM acl_term WHERE id > ? ORDER BY id LIMIT ?');
  const grants = numbers<3>(db, 'SELECT term, deny, principal FROM acl_grant WHERE term > ? AND term <= ?');
  const group = db.prepare<[number], GroupRow>(`SELECT ${GROUP} FROM member_group WHERE principal = ?`);
  const groups = db.prepare<[number, number], GroupRow>(
    `SELECT ${GROUP} FROM member_group WHERE principal > ? ORDER BY principal LIMIT ?`,
  );
  const members = numbers<2>(
    db,
    'SELECT member_group, member FROM member WHERE (member_group, member) > (?, ?) ORDER BY member_group, member LIMIT ?',
  );
  const isMember = db.prepare<[number, number], number>('SELECT 1 FROM member WHERE member_group = ? AND member = ?').pluck();
  const audience = db.prepare<[number], AudienceRow>(`${AUDIENCE} WHERE principal.id = ? AND principal.kind = 'audience'`);
  const audiences = db.prepare<[number, number], AudienceRow>(
    `${AUDIENCE} WHERE principal.id > ? AND principal.id <= ? AND principal.kind = 'audience'`,
  );
  const changes = db.prepare<[number, number], Moved>('SELECT id, kind, a, b FROM change_log WHERE id > ? ORDER BY id LIMIT ?');
  const standing = prepareStanding(db, findAccounts);
  return {
    marks: () => marks.get() ?? NOWHERE,
    sources: () => sources.all(),
    principals: (after, limit) => principals.all(after, limit),
    orgGroups: (directory, after, through) => orgGroups.all({ directory, after, through }),
    terms: (after, limit) => terms.all(after, limit),
    grants: (after, through) => grants.all(after, through),
    group: (principal) => group.get(principal),
    groups: (after, limit) => groups.all(after, limit),
    members: ([group, member], limit) => members.all(group, member, limit),
    isMember: (group, member) => isMember.get(group, member) === 1,
    audience: (principal) => audience.get(principal),
    audiences: (after, through) => audiences.all(after, through),
    changes: (after, limit) => changes.all(after, limit),
    standing,
  };
};

/** Rows as they are: an object for each would cost more than reading it. */
const numbers = <Length extends 2 | 3>(db: Database, sql: string) => db.prepare<number[], Numbers<Length>>(sql).raw();

const NOWHERE: Marks = { log: 0, oldest: 0, principal: 0, term: 0 };

const MARKS = `
  SELECT
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change_log'), 0) AS log,
    coalesce((SELECT min(id) FROM change_log), 0) AS oldest,
    coalesce((SELECT max(id) FROM principal), 0) AS principal,
    coalesce((SELECT max(id) FROM acl_term), 0) AS term`;

const KIND = `CASE kind ${PRINCIPAL_KINDS.map((kind, at) => `WHEN '${kind}' THEN ${at}`).join(' ')} ELSE -1 END`;

const ORG_GROUPS = `
  SELECT org.id, directory_group.id
  FROM principal AS org
  JOIN source AS directory ON directory.name = :directory
  JOIN principal AS directory_group
    ON directory_group.source = directory.id AND directory_group.kind = 'group' AND directory_group.name = org.name
  WHERE org.id > :after AND org.id <= :through AND org.kind = 'org' AND directory_group.id <= :through
  UNION
  SELECT org.id, directory_group.id
  FROM principal AS directory_group
  JOIN source AS directory ON directory.name = :directory AND directory.id = directory_group.source
  CROSS JOIN source
  JOIN principal AS org ON org.source = source.id AND org.kind = 'org' AND org.name = directory_group.name
  WHERE directory_group.id > :after AND directory_group.id <= :through AND directory_group.kind = 'group' AND org.id <= :through`;

const GROUP = 'principal, listed_at AS listedAt, unknown IS NOT NULL AS unknown';

const AUDIENCE = `
  SELECT principal.id AS principal, item.acl, item.permissions_synced_at AS at
  FROM principal
  CROSS JOIN item ON item.source = principal.source AND item.key = principal.name`;

/** How an identity stands to the leaves of all configured sources, the few that stand out by their ids. */
const prepareStanding = (db: Database, findAccounts: FindAccounts): PermissionRows['standing'] => {
  const findSource = db.prepare<[string], number>('SELECT id FROM source WHERE name = ?').pluck();
  const find = db
    .prepare<[number, string, string], number>('SELECT id FROM principal WHERE source = ? AND kind = ? AND name = ?')
    .pluck();
  return (identity, rules, now): LeafStandings => {
    const { in: accounts, activity } = findAccounts(identity, rules, now);
    const looked = { identity, rules, ...(activity && { activity }) };
    const kinds: LeafStandings['kinds'][number][] = [];
    for (const name of rules.sources.keys()) {
      const source = findSource.get(name);
      if (source === undefined) continue;
      for (const { kind, rest, named } of leafKinds({ ...looked, source: name, accounts: accounts.get(name) ?? [] })) {
        // Of these there is one: it is named, and there is no rest.
        const single = kind === 'everyone' || kind === 'public';
        const standing = single ? [{ name: '', is: rest }] : named;
        kinds.push({
          source,
          kind: PRINCIPAL_KINDS.indexOf(kind),
          rest: single ? 'no' : rest,
          named: standing.flatMap(({ name, is }) => {
            if (single && is === 'no') return [];
            const principal = find.get(source, kind, name);
            return principal === undefined ? [] : [{ principal, is }];
          }),
        });
      }
    }
    return {
      kinds,
      asksDirectory: asksDirectory(looked),
      until: accountsUntil(accounts, rules),
      stale: anyStale(accounts),
    };
  };
};
