/**
 * Each active account of a source once, by the first standing that is true of it: as access/link.ts links. Gives the common table
 * `stands (id, account, name, standing)`, and beside it `address`, its e-mails in owned domains. Binds `:source` and `:domains`.
 */
export const STANDS = `
  WITH active AS MATERIALIZED (
    SELECT account.id, account.account, account.name, account.source
    FROM source
    JOIN account ON account.source = source.id AND account.active = 1
    WHERE source.name = :source
  ), address AS MATERIALIZED (
    SELECT
      active.id,
      carried.email,
      (
        SELECT count(*)
        FROM account_email AS also
        JOIN account ON account.id = also.account AND account.source = active.source AND account.active = 1
        WHERE also.email = carried.email
      ) AS carriers,
      EXISTS (
        SELECT 1
        FROM refused_link
        LEFT JOIN identity ON identity.id = refused_link.identity
        WHERE refused_link.account = active.id AND coalesce(refused_link.email, identity.email) = carried.email
      ) AS refused,
      EXISTS (
        SELECT 1
        FROM identity
        JOIN link ON link.identity = identity.id
        JOIN account ON account.id = link.account AND account.source = active.source AND account.id <> active.id
        WHERE identity.email = carried.email
      ) OR EXISTS (
        SELECT 1
        FROM account_email AS also
        JOIN account ON account.id = also.account AND account.source = active.source AND account.id <> active.id
        JOIN link ON link.account = account.id AND link.evidence ->> '$.email' = carried.email
        WHERE also.email = carried.email
      ) AS linked_elsewhere,
      EXISTS (
        SELECT 1
        FROM identity
        WHERE identity.email = carried.email AND NOT EXISTS (
          SELECT 1
          FROM link
          JOIN account ON account.id = link.account AND account.source = active.source
          WHERE link.identity = identity.id)
      ) AS awaited
    FROM active
    JOIN account_email AS carried ON carried.account = active.id
    WHERE substr(carried.email, instr(carried.email, '@') + 1) IN (SELECT value FROM json_each(:domains))
  ), owned AS MATERIALIZED (
    SELECT
      id,
      max(linked_elsewhere AND NOT refused) AS second,
      max(carriers = 1 AND NOT refused) AS linkable,
      max(carriers > 1 AND NOT refused) AS shared
    FROM address
    GROUP BY id
  ), held AS MATERIALIZED (
    SELECT
      active.id,
      count(DISTINCT coalesce(identity.email, identity.issuer || '|' || identity.subject)) AS people,
      EXISTS (
        SELECT 1
        FROM address
        WHERE address.id = active.id AND address.awaited AND NOT address.refused AND NOT EXISTS (
          SELECT 1
          FROM link AS own
          JOIN identity AS owner ON owner.id = own.identity AND owner.email = address.email
          WHERE own.account = active.id)
      ) AS claimed
    FROM active
    JOIN link ON link.account = active.id
    JOIN identity ON identity.id = link.identity
    GROUP BY active.id
  ), stands AS (
    SELECT
      active.id,
      active.account,
      active.name,
      CASE
        WHEN held.people > 1 THEN 'twoPeople'
        WHEN held.claimed THEN 'claimed'
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
