-- Links that had ended before it was remembered whose they were: history tells them. A link that a person ended is not among them:
-- with it they kept the two apart.
INSERT OR IGNORE INTO former_link (identity, account, ended_at)
SELECT identity.id, account.id, ended.at
FROM (
  -- Of each link the row with the greatest id: SQLite takes the other columns from that row.
  SELECT max(id), source, key, at, old, new, coalesce(new, old) ->> '$.identity' AS who
  FROM history
  WHERE subject = 'link'
  GROUP BY source, key, who
) AS ended
JOIN account ON account.source = ended.source AND account.account = ended.key
JOIN identity ON identity.issuer || '|' || identity.subject = ended.who
WHERE ended.new IS NULL
  AND NOT EXISTS (
    SELECT 1
    FROM refused_link
    WHERE refused_link.account = account.id
      AND (refused_link.identity = identity.id OR refused_link.email IN (identity.email, ended.old ->> '$.evidence.email')));

-- A source that was listed once and is to be listed again (2) was read to its end, and stays so.
DROP TRIGGER source_tells_read;
CREATE TRIGGER source_tells_read AFTER UPDATE OF listed, confirmed_at ON source
  WHEN (NEW.listed <> 0 OR NEW.confirmed_at > 0) <> (OLD.listed <> 0 OR OLD.confirmed_at > 0)
  BEGIN
    INSERT INTO read_moved (source, version, read)
    VALUES (NEW.id, (SELECT version + 1 FROM meta), NEW.listed <> 0 OR NEW.confirmed_at > 0);
  END;
DELETE FROM read_moved
WHERE read = 0
  AND id IN (SELECT max(read_moved.id) FROM read_moved GROUP BY read_moved.source)
  AND source IN (SELECT id FROM source WHERE listed = 2);
INSERT INTO read_moved (source, version, read)
SELECT id, 0, 1 FROM source WHERE listed = 2 AND id NOT IN (SELECT source FROM read_moved);

-- Whoever is gone by a link of before is so from here on.
UPDATE meta
SET version = version + 1, epoch = epoch + 1
WHERE EXISTS (SELECT 1 FROM former_moved WHERE former_moved.version > meta.version);
