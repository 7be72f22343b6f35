import { z } from 'zod';

import type { Identity } from '../../core/caller.ts';
import { mayDecide } from '../../core/freshness.ts';
import type { Rules } from '../../core/rules.ts';
import type { KnownAccount } from '../../core/leaf.ts';
import type { Database } from './database.ts';
import { storedJson } from './stored-json.ts';

/** The accounts that have to do with an identity, by configured source: linked to it, or carrying its e-mail. */
export type FindAccounts = (identity: Identity, rules: Rules, now: number) => ReadonlyMap<string, readonly KnownAccount[]>;

/** Prepares the look-up on a connection. */
export const prepareAccounts = (db: Database): FindAccounts => {
  const select = db.prepare<[string, string, string | null], Row>(`
    WITH linked(account) AS (
      SELECT link.account
      FROM identity
      JOIN link ON link.identity = identity.id
      WHERE identity.issuer = ? AND identity.subject = ?
    ), known(account) AS (
      SELECT account FROM linked
      UNION
      SELECT account FROM account_email WHERE email = ?
    )
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
    ORDER BY source.name, account.account`);
  return ({ issuer, subject, email }, rules, now) => {
    const known = new Map<string, KnownAccount[]>();
    for (const row of select.all(issuer, subject, email ?? null)) {
      const freshness = rules.sources.get(row.source);
      if (!freshness) continue;
      const account: KnownAccount = {
        id: row.id,
        ...(row.name === null ? {} : { name: row.name }),
        emails: storedJson(EMAILS, row.emails, 'the e-mails of an account'),
        active: row.active === 1,
        kind: row.kind,
        linked: row.linked === 1,
        at: row.at,
        fresh: mayDecide(row.at, freshness.permissions, now),
      };
      const others = known.get(row.source);
      if (others) others.push(account);
      else known.set(row.source, [account]);
    }
    return known;
  };
};

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
