import type { Identity } from '../../core/caller.ts';
import {
  type AccountCase,
  type CaseKind,
  CASES,
  type KnownIdentity,
  type ListedLink,
  type Page,
  type Roll,
  type RollQuestion,
  type Standing,
  STANDINGS,
} from '../people.ts';
import type { Store } from '../store.ts';
import type { Database } from './database.ts';
import { linkMade } from './link-row.ts';
import { STANDS } from './standings.ts';

/** Of the accounts or people that a case is about besides its own account. */
const OTHERS_MAX = 5;

/** Who is known, and how a source's accounts stand towards them. Each answer is of one instant. */
export const rollOf = (
  db: Database,
): {
  readonly identities: (...asked: Parameters<Store['identities']>) => Page<KnownIdentity>;
  readonly roll: (question: RollQuestion) => Roll | undefined;
} => {
  const meant = prepareMeant(db);
  const running = db
    .prepare<[string], number>(`
      SELECT EXISTS (SELECT 1 FROM lease WHERE lease.source = source.id)
      FROM source
      WHERE source.name = ?`)
    .pluck();
  const counted = prepareCounted(db);
  const listLinks = prepareLinks(db);
  const listCases = prepareCases(db);
  return {
    identities: db.transaction((limit: number, who?: Identity) => meant.page(limit, who)),
    roll: db.transaction((question: RollQuestion): Roll | undefined => {
      const { source, ownedDomains, limit, who } = question;
      const runs = running.get(source);
      if (runs === undefined) return undefined;
      const domains = JSON.stringify(ownedDomains);
      const asked: Asked = { source, domains, limit, ...meant.filter(who) };
      const standings = counted(source, domains);
      const cases = (kind: CaseKind): Page<AccountCase> => listCases(asked, CASES[kind]);
      return {
        active: STANDINGS.reduce((sum, standing) => sum + standings[standing].accounts, 0),
        standings: mapped((standing) => standings[standing].accounts),
        running: runs === 1,
        links: listLinks(asked),
        cases: { unmatched: cases('unmatched'), ambiguous: cases('ambiguous'), conflicting: cases('conflicting') },
      };
    }),
  };
};

/** How many accounts stand in a way, and one of them. */
export interface Counted {
  readonly accounts: number;
  readonly example?: string;
}

/** Prepares to count the active accounts of a source by how they stand. */
export const prepareCounted = (db: Database): ((source: string, domains: string) => Readonly<Record<Standing, Counted>>) => {
  const select = db.prepare<{ source: string; domains: string }, { standing: Standing; accounts: number; example: string }>(`
    ${STANDS}
    SELECT standing, count(*) AS accounts, min(account) AS example
    FROM stands
    GROUP BY standing`);
  return (source, domains) => {
    const rows = new Map(select.all({ source, domains }).map(({ standing, ...counted }) => [standing, counted]));
    return mapped((standing) => rows.get(standing) ?? { accounts: 0 });
  };
};

const mapped = <T>(of: (standing: Standing) => T): Record<Standing, T> => ({
  twoPeople: of('twoPeople'),
  claimed: of('claimed'),
  linked: of('linked'),
  withoutEmail: of('withoutEmail'),
  foreign: of('foreign'),
  second: of('second'),
  linkable: of('linkable'),
  shared: of('shared'),
  refused: of('refused'),
});

/** What is asked, as it is bound. `ids` and `emails`: of those who are meant, as JSON; null where nobody is. */
interface Asked {
  readonly source: string;
  readonly domains: string;
  readonly limit: number;
  readonly ids: string | null;
  readonly emails: string | null;
}

interface IdentityRow {
  readonly id: number;
  readonly who: string;
  readonly email: string | null;
  readonly seen: number;
}

const knownOf = ({ who, email, seen }: Omit<IdentityRow, 'id'>): KnownIdentity => ({
  who,
  ...(email === null ? {} : { email }),
  ...(seen === 0 ? {} : { seenAt: seen }),
});

const prepareMeant = (db: Database) => {
  const select = db.prepare<
    { all: number; issuer: string; subject: string; email: string | null; limit: number },
    IdentityRow & { total: number }
  >(`
    SELECT id, issuer || '|' || subject AS who, email, seen_at AS seen, count(*) OVER () AS total
    FROM identity
    WHERE :all OR (issuer = :issuer AND subject = :subject) OR email = :email
    ORDER BY seen_at DESC, who
    LIMIT :limit`);
  const rowsOf = (limit: number, who: Identity | undefined) =>
    select.all({ all: who ? 0 : 1, issuer: who?.issuer ?? '', subject: who?.subject ?? '', email: who?.email ?? null, limit });
  return {
    page: (limit: number, who?: Identity): Page<KnownIdentity> => {
      const rows = rowsOf(limit, who);
      return { total: rows[0]?.total ?? 0, listed: rows.map(knownOf) };
    },
    filter: (who?: Identity): Pick<Asked, 'ids' | 'emails'> => {
      if (!who) return { ids: null, emails: null };
      const rows = rowsOf(-1, who);
      const emails = [who.email, ...rows.map(({ email }) => email)].filter((email) => typeof email === 'string');
      return { ids: JSON.stringify(rows.map(({ id }) => id)), emails: JSON.stringify([...new Set(emails)]) };
    },
  };
};

interface LinkRow extends IdentityRow {
  readonly source: string;
  readonly account: string;
  readonly name: string | null;
  readonly method: string;
  readonly evidence: string;
  readonly at: number;
  readonly total: number;
}

const prepareLinks = (db: Database): ((asked: Asked) => Page<ListedLink>) => {
  const select = db.prepare<Asked, LinkRow>(`
    SELECT identity.id, identity.issuer || '|' || identity.subject AS who, identity.email, identity.seen_at AS seen,
           source.name AS source, account.account, account.name, link.method, link.evidence, link.at,
           count(*) OVER () AS total
    FROM source
    JOIN account ON account.source = source.id
    JOIN link ON link.account = account.id
    JOIN identity ON identity.id = link.identity
    WHERE source.name = :source AND (:ids IS NULL OR identity.id IN (SELECT value FROM json_each(:ids)))
    ORDER BY account.account, who
    LIMIT :limit`);
  return (asked) => {
    const rows = select.all(asked);
    return {
      total: rows[0]?.total ?? 0,
      listed: rows.map(({ source, account, name, at, method, evidence, ...who }): ListedLink => ({
        source,
        account,
        ...(name === null ? {} : { name }),
        ...linkMade({ method, evidence }),
        at,
        who: knownOf(who),
      })),
    };
  };
};

interface CaseRow {
  readonly id: number;
  readonly account: string;
  readonly name: string | null;
  readonly standing: Standing;
  readonly total: number;
}

const prepareCases = (db: Database): ((asked: Asked, standings: readonly Standing[]) => Page<AccountCase>) => {
  const select = db.prepare<Asked & { standings: string }, CaseRow>(`
    ${STANDS}
    SELECT stands.*, count(*) OVER () AS total
    FROM stands
    WHERE standing IN (SELECT value FROM json_each(:standings))
      AND (
        :ids IS NULL
        OR EXISTS (
          SELECT 1
          FROM account_email
          WHERE account_email.account = stands.id AND account_email.email IN (SELECT value FROM json_each(:emails)))
        OR EXISTS (
          SELECT 1
          FROM link
          WHERE link.account = stands.id AND link.identity IN (SELECT value FROM json_each(:ids))))
    ORDER BY account
    LIMIT :limit`);
  const emailsOf = db.prepare<[number], string>('SELECT email FROM account_email WHERE account = ? ORDER BY email').pluck();
  const accountsOf = db.prepare<{ id: number; domains: string }, string>(OTHER_ACCOUNTS).pluck();
  const peopleOf = db.prepare<{ id: number; domains: string }, string>(PEOPLE).pluck();
  return (asked, standings) => {
    const rows = select.all({ ...asked, standings: JSON.stringify(standings) });
    const { domains } = asked;
    return {
      total: rows[0]?.total ?? 0,
      listed: rows.map(({ id, account, name, standing }) => ({
        account,
        ...(name === null ? {} : { name }),
        emails: emailsOf.all(id),
        standing,
        accounts: standing === 'shared' || standing === 'second' ? accountsOf.all({ id, domains }) : [],
        people: standing === 'twoPeople' || standing === 'claimed' ? peopleOf.all({ id, domains }) : [],
      })),
    };
  };
};

/** The e-mails of one account in owned domains. */
const MINE = `
    FROM account AS own
    CROSS JOIN account_email AS mine
      ON mine.account = own.id
        AND substr(mine.email, instr(mine.email, '@') + 1) IN (SELECT value FROM json_each(:domains))`;

/** Those that carry an e-mail of an account, or that somebody with its e-mail is linked to. */
const OTHER_ACCOUNTS = `
  SELECT account
  FROM (
    SELECT other.account
    ${MINE}
    CROSS JOIN account_email AS also ON also.email = mine.email
    CROSS JOIN account AS other ON other.id = also.account AND other.source = own.source AND other.active = 1 AND other.id <> own.id
    WHERE own.id = :id
    UNION
    SELECT other.account
    ${MINE}
    CROSS JOIN identity ON identity.email = mine.email
    CROSS JOIN link ON link.identity = identity.id
    CROSS JOIN account AS other ON other.id = link.account AND other.source = own.source AND other.id <> own.id
    WHERE own.id = :id)
  ORDER BY account
  LIMIT ${OTHERS_MAX}`;

/** Those an account is linked to, and those who carry its e-mail and are not. */
const PEOPLE = `
  SELECT issuer || '|' || subject AS who
  FROM identity
  WHERE id IN (
    SELECT link.identity
    FROM link
    WHERE link.account = :id
    UNION
    SELECT claiming.id
    ${MINE}
    CROSS JOIN identity AS claiming ON claiming.email = mine.email
    WHERE own.id = :id)
  ORDER BY who
  LIMIT ${OTHERS_MAX}`;
