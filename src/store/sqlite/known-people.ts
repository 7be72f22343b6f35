import type { Identity } from '../../core/caller.ts';
import type { Reading } from '../reader.ts';
import type { Database } from './database.ts';

interface Row {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
}

/** Prepares the list of all who asked, and of those who could. */
export const preparePeople = (db: Database): Reading['people'] => {
  const identities = db.prepare<[], Row>(
    'SELECT issuer, subject, email FROM identity ORDER BY email IS NULL, email, issuer, subject',
  );
  const emails = db
    .prepare<{ sources: string }, string>(`
    WITH asked AS MATERIALIZED (
      SELECT id FROM source WHERE name IN (SELECT value FROM json_each(:sources))
    ), named(email) AS (
      SELECT account_email.email
      FROM asked
      JOIN account ON account.source = asked.id AND account.active = 1
      JOIN account_email ON account_email.account = account.id
      UNION
      SELECT principal.name
      FROM asked
      JOIN principal ON principal.source = asked.id AND principal.kind = 'person'
    )
    SELECT email
    FROM named
    WHERE email NOT IN (SELECT email FROM identity WHERE email IS NOT NULL)
    ORDER BY email`)
    .pluck();
  return (sources) => ({
    identities: identities
      .all()
      .map(({ issuer, subject, email }): Identity => ({ issuer, subject, ...(email === null ? {} : { email }) })),
    emails: emails.all({ sources: JSON.stringify(sources) }),
  });
};
