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
