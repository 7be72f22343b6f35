/**
 * Each active account of a source once, by the first standing that is true of it: as access/link.ts links. Gives the common table
 * `stands (id, account, name, standing)`, and beside it `active` and `address`, the e-mails in owned domains. Binds `:source` and
 * `:domains`. What is true of an e-mail is found once for each; CROSS JOIN: in this order, or all of a source is read for each account.
 */
export const STANDS = `
  WITH active AS MATERIALIZED (
    SELECT account.id, account.account, account.name, account.source
    FROM source
    CROSS JOIN account ON account.source = source.id AND account.active = 1
    WHERE source.name = :source
  ), carried AS MATERIALIZED (
    SELECT active.id, active.source, account_email.email
    FROM active
    CROSS JOIN account_email ON account_email.account = active.id
    WHERE substr(email, instr(email, '@') + 1) IN (SELECT value FROM json_each(:domains))
  ), carriers AS MATERIALIZED (
    SELECT email, count(*) AS amount
    FROM carried
    GROUP BY email
  ), spoken AS MATERIALIZED (                                  -- e-mails whose person is linked in this source, and to which accounts
    SELECT email, min(account) AS first, max(account) AS last
    FROM (
      SELECT identity.email, link.account
      FROM active
      CROSS JOIN link ON link.account = active.id
      CROSS JOIN identity ON identity.id = link.identity
      UNION
      SELECT link.evidence ->> '$.email', link.account
      FROM active
      CROSS JOIN link ON link.account = active.id)
    WHERE email IS NOT NULL
    GROUP BY email
  ), address AS MATERIALIZED (
    SELECT
      carried.id,
      carried.email,
      carriers.amount AS carriers,
      spoken.first <> carried.id OR spoken.last <> carried.id AS linked_elsewhere,
      EXISTS (
        SELECT 1
        FROM refused_link
        LEFT JOIN identity ON identity.id = refused_link.identity
        WHERE refused_link.account = carried.id AND coalesce(refused_link.email, identity.email) = carried.email
      ) AS refused,
      spoken.email IS NULL AND EXISTS (SELECT 1 FROM identity WHERE identity.email = carried.email) AS awaited
    FROM carried
    JOIN carriers ON carriers.email = carried.email
    LEFT JOIN spoken ON spoken.email = carried.email
  ), owned AS MATERIALIZED (
    SELECT
      id,
      max(coalesce(linked_elsewhere, 0) AND NOT refused) AS second,
      max(carriers = 1 AND NOT refused) AS linkable,
      max(carriers > 1 AND NOT refused) AS shared,
      max(awaited AND NOT refused) AS claimed
    FROM address
    GROUP BY id
  ), held AS MATERIALIZED (
    SELECT active.id, count(DISTINCT coalesce(identity.email, identity.issuer || '|' || identity.subject)) AS people
    FROM active
    CROSS JOIN link ON link.account = active.id
    CROSS JOIN identity ON identity.id = link.identity
    GROUP BY active.id
  ), stands AS MATERIALIZED (
    SELECT
      active.id,
      active.account,
      active.name,
      CASE
        WHEN held.people > 1 THEN 'twoPeople'
        WHEN held.id IS NOT NULL AND owned.claimed THEN 'claimed'
        WHEN held.id IS NOT NULL THEN 'linked'
        WHEN NOT EXISTS (SELECT 1 FROM account_email WHERE account_email.account = active.id) THEN 'withoutEmail'
        WHEN owned.id IS NULL THEN 'foreign'
        WHEN owned.second THEN 'second'
        WHEN owned.linkable THEN 'linkable'
        WHEN owned.shared THEN 'shared'
        ELSE 'refused'
      END AS standing
    FROM active
    LEFT JOIN owned ON owned.id = active.id
    LEFT JOIN held ON held.id = active.id
  )`;
