-- What decided besides what is stored, and when: rules are text in one spelling, kept once however often they come back.
CREATE TABLE rule_set (
  hash TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rules_known (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  hash TEXT NOT NULL REFERENCES rule_set
) STRICT;

-- History is read as of a version: the last row of a key up to it is one step away.
DROP INDEX history_by_subject;
CREATE INDEX history_by_subject ON history (source, subject, key, version);
-- Links are asked for by whose they are.
CREATE INDEX identity_by_name ON identity (issuer || '|' || subject);
CREATE INDEX history_by_identity ON history (coalesce(new, old) ->> '$.identity', source) WHERE subject = 'link';

-- Which accounts ever carried an e-mail, so that those that carried it then can be found.
CREATE TABLE email_carried (
  email TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES source,
  account TEXT NOT NULL,
  PRIMARY KEY (email, source, account)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO email_carried (email, source, account)
SELECT carried.value, history.source, history.key
FROM history
JOIN json_each(history.new, '$.emails') AS carried
WHERE history.subject = 'account';
CREATE TRIGGER history_tells_emails AFTER INSERT ON history WHEN NEW.subject = 'account'
  BEGIN
    INSERT OR IGNORE INTO email_carried (email, source, account)
    SELECT value, NEW.source, NEW.key FROM json_each(NEW.new, '$.emails');
  END;

-- Whether a source was read to its end, and whose links had ended: what a directory decides by. Written within the commit that
-- moves it, which is the next version.
CREATE TABLE read_moved (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES source,
  version INTEGER NOT NULL,
  read INTEGER NOT NULL
) STRICT;
CREATE INDEX read_moved_by_source ON read_moved (source, version);
INSERT INTO read_moved (source, version, read) SELECT id, 0, 1 FROM source WHERE listed = 1 OR confirmed_at > 0;
CREATE TRIGGER source_tells_read AFTER UPDATE OF listed, confirmed_at ON source
  WHEN (NEW.listed = 1 OR NEW.confirmed_at > 0) <> (OLD.listed = 1 OR OLD.confirmed_at > 0)
  BEGIN
    INSERT INTO read_moved (source, version, read)
    VALUES (NEW.id, (SELECT version + 1 FROM meta), NEW.listed = 1 OR NEW.confirmed_at > 0);
  END;

CREATE TABLE former_moved (
  id INTEGER PRIMARY KEY,
  identity INTEGER NOT NULL REFERENCES identity,
  account INTEGER NOT NULL,
  version INTEGER NOT NULL,
  former INTEGER NOT NULL
) STRICT;
CREATE INDEX former_moved_by_identity ON former_moved (identity, account, version);
INSERT INTO former_moved (identity, account, version, former)
SELECT identity, account, (SELECT version FROM meta), 1 FROM former_link;
CREATE TRIGGER former_link_tells AFTER INSERT ON former_link
  BEGIN
    INSERT INTO former_moved (identity, account, version, former)
    VALUES (NEW.identity, NEW.account, (SELECT version + 1 FROM meta), 1);
  END;
CREATE TRIGGER former_link_tells_no_more AFTER DELETE ON former_link
  BEGIN
    INSERT INTO former_moved (identity, account, version, former)
    VALUES (OLD.identity, OLD.account, (SELECT version + 1 FROM meta), 0);
  END;
