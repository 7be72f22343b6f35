import { z } from 'zod';

import { type Activity, activityOf } from '../../core/activity.ts';
import type { Identity } from '../../core/caller.ts';
import { mayDecide } from '../../core/freshness.ts';
import type { Rules } from '../../core/rules.ts';
import type { KnownAccount } from '../../core/leaf.ts';
import { type Service, serviceOf } from '../../core/service.ts';
import type { Database } from './database.ts';
import { storedJson } from './stored-json.ts';

/**
 * The accounts that have to do with an identity, by configured source: linked to it, or carrying its e-mail, and in the directory also
 * those once linked to it; of a service those that the configuration lists, and no others.
 */
export type FindAccounts = (identity: Identity, rules: Rules, now: number) => Known;

/** What is known of a caller's accounts. */
export interface Known {
  readonly in: ReadonlyMap<string, readonly KnownAccount[]>;
  /** How a person stands in the directory; absent where there is none. */
  readonly activity?: Activity;
}

/** Prepares the look-up on a connection. */
export const prepareAccounts = (db: Database): FindAccounts => {
  const ofPerson = db.prepare<Pick<Identity, 'issuer' | 'subject'> & { email: string | null; directory: string | null }, Row>(`
    WITH linked(account) AS (
      SELECT link.account
      FROM identity
      JOIN link ON link.identity = identity.id
      WHERE identity.issuer = :issuer AND identity.subject = :subject
    ), known(account) AS (
      SELECT account FROM linked
      UNION
      SELECT account FROM account_email WHERE email = :email
      UNION
      SELECT former_link.account
      FROM identity
      JOIN former_link ON former_link.identity = identity.id
      JOIN account ON account.id = former_link.account
      JOIN source ON source.id = account.source AND source.name = :directory
      WHERE identity.issuer = :issuer AND identity.subject = :subject
    )
    ${KNOWN}`);
  const ofService = db.prepare<{ listed: string }, Row>(`
    WITH linked(account) AS (
      SELECT account.id
      FROM json_each(:listed) AS listed            -- [source, account]
      CROSS JOIN source ON source.name = listed.value ->> 0
      CROSS JOIN account ON account.source = source.id AND account.account = listed.value ->> 1
    ), known(account) AS (
      SELECT DISTINCT account FROM linked
    )
    ${KNOWN}`);
  const wasRead = db.prepare<[string], number>('SELECT listed <> 0 OR confirmed_at > 0 FROM source WHERE name = ?').pluck();
  return (identity, rules, now) => {
    const { issuer, subject, email = null } = identity;
    const { directory } = rules;
    const service = serviceOf(identity, rules);
    const rows = service
      ? ofService.all({ listed: listedBy(service) })
      : ofPerson.all({ issuer, subject, email, directory: directory ?? null });
    const known = new Map<string, KnownAccount[]>();
    for (const row of rows) {
      const freshness = rules.sources.get(row.source);
      if (!freshness) continue;
      const account: KnownAccount = {
        id: row.id,
        ...(row.name === null ? {} : { name: row.name }),
        emails: emailsOf(row),
        active: row.active === 1,
        kind: row.kind,
        linked: row.linked === 1,
        former: row.linked === 0 && !service && !emailsOf(row).includes(email ?? ''),
        at: row.at,
        fresh: mayDecide(row.at, freshness.permissions, now),
      };
      const others = known.get(row.source);
      if (others) others.push(account);
      else known.set(row.source, [account]);
    }
    if (directory === undefined || service) return { in: known };
    return { in: known, activity: activityOf({ accounts: known.get(directory) ?? [], read: wasRead.get(directory) === 1 }) };
  };
};

const KNOWN = `
  SELECT
    source.name AS source,
    account.account AS id,
    account.name AS name,
    account.active AS active,
    account.kind AS kind,
    max(account.synced_at, source.confirmed_at) AS at,
    account.id IN (SELECT account FROM linked) AS linked,
    (SELECT json_group_array(email) FROM account_email WHERE account_email.account = account.id) AS emails
  FROM known
  JOIN account ON account.id = known.account
  JOIN source ON source.id = account.source
  ORDER BY source.name, account.account`;

const emailsOf = ({ emails }: Row): readonly string[] => storedJson(EMAILS, emails, 'the e-mails of an account');

const listedBy = ({ accounts }: Service): string =>
  JSON.stringify([...accounts].flatMap(([source, ids]) => ids.map((id) => [source, id])));

interface Row {
  readonly source: string;
  readonly id: string;
  readonly name: string | null;
  readonly active: number;
  readonly kind: 'member' | 'guest';
  readonly at: number;
  readonly linked: number;
  readonly emails: string;
}

const EMAILS = z.array(z.string());
