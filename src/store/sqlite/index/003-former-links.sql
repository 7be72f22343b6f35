-- Links that ended because the account lost the e-mail or became inactive: who once was somebody in the directory does not become a
-- stranger to it when they leave. One that is made again is no longer here; one that somebody took away by hand never was.
CREATE TABLE former_link (
  identity INTEGER NOT NULL REFERENCES identity,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (identity, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_link_by_account ON former_link (account);
