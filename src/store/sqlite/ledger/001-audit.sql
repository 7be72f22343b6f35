-- The ledger: the audit chain. docs/security gives the bytes.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
-- The personal fields that the chain only commits to: erasing a row here keeps the chain whole.
CREATE TABLE personal (
  seq INTEGER NOT NULL REFERENCES audit,
  field TEXT NOT NULL,
  salt BLOB NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;
