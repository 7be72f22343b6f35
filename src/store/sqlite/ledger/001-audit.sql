-- The ledger: the audit chain. docs/security.md gives the bytes.

-- Random, so that no row or anchor of one ledger is one of another.
CREATE TABLE chain (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;

-- The personal fields that the chain only commits to: erasing a row here keeps the chain whole.
CREATE TABLE personal (
  seq INTEGER NOT NULL REFERENCES audit,
  field TEXT NOT NULL CHECK (field IN ('who', 'actor', 'arguments')),
  salt BLOB NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;

-- Against mistakes of ours; whoever can write the file can drop them, and is caught by the hashes.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit chain is only appended to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit chain is only appended to'); END;
CREATE TRIGGER personal_is_not_changed BEFORE UPDATE ON personal
  BEGIN SELECT RAISE(ABORT, 'a personal field is only erased'); END;
CREATE TRIGGER chain_is_not_changed BEFORE UPDATE ON chain
  BEGIN SELECT RAISE(ABORT, 'a chain keeps its id'); END;
