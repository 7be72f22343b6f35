import { existsSync } from 'node:fs';

import { AppError } from '../../core/errors.ts';
import type { AccountCensus, Census, Closed, DirectoryCensus, KnownEmail } from '../census.ts';
import { type Database, openDatabase } from './database.ts';
import { prepareDeniedLabels } from './denied-labels.ts';
import { type DatabaseFile, guarded } from './failure.ts';
import { prepareAccounts } from './known-accounts.ts';
import { preparePromises } from './promises.ts';
import { prepareVisibility } from './visibility.ts';
import { prepareCounted } from './roll.ts';
import { boundAcls, type Narrowed, visibleDocuments } from './visible.ts';
import { statusOf } from './writing/status.ts';
import { checkOf } from './writing/upkeep.ts';

/** Causes of one kind that are named; the counts say how many documents there are. */
const NAMED_MAX = 5;
const REMEDY = 'Restore it from a backup, or move it away and run: castellan sync';

/** Opens an existing index to count in it, on a connection that cannot write. */
export const openCensus = (path: string): Census => {
  if (!existsSync(path)) throw new AppError('unavailable', `There is no index ${path} yet. Make it with: castellan sync`);
  const file: DatabaseFile = { path, name: 'index', remedy: REMEDY };
  const db = openDatabase({ ...file, migrations: new URL('index/', import.meta.url), readonly: true });
  try {
    return guarded(file, () => censusOf(db, file));
  } catch (error) {
    db.close();
    throw error;
  }
};

const censusOf = (db: Database, file: DatabaseFile): Census => {
  db.pragma('temp_store = MEMORY'); // what is visible for whom never reaches the disk
  const status = statusOf(db);
  const check = checkOf(db, file);
  const accounts = prepareAccountCensus(db);
  const closed = prepareClosed(db);
  const shown = prepareShown(db);
  const emails = db.prepare<{ source: string; limit: number }, { email: string; kind: 'member' | 'guest' | null }>(EMAILS);
  const directory = db.prepare<[string], Record<keyof DirectoryCensus, number>>(DIRECTORY);
  const latest = db.prepare<[], number>(LATEST).pluck();
  const labels = db.prepare<[], string>('SELECT DISTINCT value FROM document, json_each(labels) ORDER BY value').pluck();
  return {
    status: (sources, directory) => guarded(file, () => status(sources, directory)),
    check,
    accounts: (source, ownedDomains) => guarded(file, () => accounts(source, ownedDomains)),
    directory: (source) => {
      const { read, ...counts } = guarded(file, () => directory.get(source)) ?? { read: 0, active: 0, inactive: 0, groups: 0 };
      return { ...counts, read: read === 1 };
    },
    emails: (source, limit) =>
      guarded(file, () =>
        emails.all({ source, limit }).map(({ email, kind }): KnownEmail => ({ email, ...(kind === null ? {} : { kind }) })),
      ),
    closed: (source, directory) => guarded(file, () => closed(source, directory)),
    shown: (identity, rules, now) => guarded(file, () => shown.to(identity, rules, now)),
    shownToAnybody: () => guarded(file, () => shown.toAnybody()),
    latest: () => guarded(file, () => latest.get() ?? 0),
    labels: () => guarded(file, () => labels.all()),
    close: () => void db.close(),
  };
};

const prepareShown = (db: Database): { to: Census['shown']; toAnybody: Census['shownToAnybody'] } => {
  const hold = prepareVisibility(db, prepareAccounts(db), preparePromises(db));
  prepareDeniedLabels(db); // no client narrows what is counted here
  db.exec('CREATE TEMP TABLE shown_item (item INTEGER PRIMARY KEY) STRICT');
  const count = db.prepare<Narrowed, number>(`SELECT count(*) ${visibleDocuments()}`).pluck();
  const note = db.prepare<[Narrowed]>(`INSERT OR IGNORE INTO temp.shown_item SELECT item.id ${visibleDocuments()}`);
  const noted = db.prepare<[], number>('SELECT count(*) FROM temp.shown_item').pluck();
  return {
    to: db.transaction((identity, rules, now) => {
      const narrowed = { held: boundAcls(hold(identity, rules, now)), denied: null };
      note.run(narrowed);
      return count.get(narrowed) ?? 0;
    }),
    toAnybody: () => noted.get() ?? 0,
  };
};

const prepareAccountCensus = (db: Database): Census['accounts'] => {
  const counted = prepareCounted(db);
  return (source, ownedDomains): AccountCensus => {
    const of = counted(source, JSON.stringify(ownedDomains));
    return { active: Object.values(of).reduce((sum, { accounts }) => sum + accounts, 0), ...of };
  };
};

const DIRECTORY = `
  SELECT
    source.listed <> 0 OR source.confirmed_at > 0 AS read,
    (SELECT count(*) FROM account WHERE account.source = source.id AND active = 1) AS active,
    (SELECT count(*) FROM account WHERE account.source = source.id AND active = 0) AS inactive,
    (SELECT count(*) FROM member_group WHERE member_group.source = source.id AND listed_at IS NOT NULL) AS groups
  FROM source
  WHERE source.name = ?`;

/** A person may be a member by one account and a guest by another: the wider is told. */
const EMAILS = `
  SELECT email, max(kind) AS kind
  FROM (
    SELECT account_email.email, account.kind
    FROM account_email
    JOIN account ON account.id = account_email.account AND account.active = 1
    JOIN source ON source.id = account.source
    WHERE source.name = :source
    UNION ALL
    SELECT principal.name, NULL
    FROM principal
    JOIN source ON source.id = principal.source
    WHERE source.name = :source AND principal.kind = 'person')
  GROUP BY email
  ORDER BY email
  LIMIT :limit`;

/** Of this machine's clock; what a source says of its documents is another one's. */
const LATEST = `
  SELECT max(at)
  FROM (
    SELECT max(synced_at) AS at FROM item
    UNION ALL SELECT max(permissions_synced_at) FROM item
    UNION ALL SELECT max(synced_at) FROM account
    UNION ALL SELECT max(listed_at) FROM member_group
    UNION ALL SELECT max(max(confirmed_at), max(contents_confirmed_at)) FROM source
    UNION ALL SELECT max(started_at) FROM run)`;

/** The principals of a kind that an allow in force names. */
const allowed = (kind: string, condition: string): string => `
  SELECT DISTINCT principal.name
  FROM source
  JOIN item ON item.source = source.id
  JOIN acl_term ON acl_term.acl = item.acl
  JOIN acl_grant ON acl_grant.term = acl_term.id AND acl_grant.deny = 0
  JOIN principal ON principal.id = acl_grant.principal AND principal.kind = '${kind}'
  WHERE source.name = ? AND ${condition}
  ORDER BY principal.name
  LIMIT ${NAMED_MAX}`;

const prepareClosed = (db: Database): Census['closed'] => {
  const names = (sql: string): ((source: string) => string[]) => {
    const select = db.prepare<[string], string>(sql).pluck();
    return (source) => select.all(source);
  };
  const unknown = names(`
    SELECT DISTINCT acl.value ->> '$.unknown' AS why
    FROM source
    JOIN item ON item.source = source.id
    JOIN acl ON acl.id = item.acl AND acl.unknown = 1
    WHERE source.name = ?
    ORDER BY why
    LIMIT ${NAMED_MAX}`);
  const groups = names(allowed('group', 'principal.id NOT IN (SELECT principal FROM member_group WHERE listed_at IS NOT NULL)'));
  const orgs = db
    .prepare<[string, string | null], string>(
      allowed(
        'org',
        `NOT EXISTS (
        SELECT 1
        FROM source AS directory
        JOIN principal AS organised
          ON organised.source = directory.id AND organised.kind = 'group' AND organised.name = principal.name
        JOIN member_group ON member_group.principal = organised.id AND member_group.listed_at IS NOT NULL
        WHERE directory.name = ?)`,
      ),
    )
    .pluck();
  const containers = names(
    allowed('audience', 'NOT EXISTS (SELECT 1 FROM item AS named WHERE named.source = source.id AND named.key = principal.name)'),
  );
  return (source, directory): Closed => ({
    unknown: unknown(source),
    groupsNeverListed: groups(source),
    orgGroups: orgs.all(source, directory ?? null),
    absentContainers: containers(source),
  });
};
