-- The e-mail of a caller is a personal field too: a CHECK cannot be widened in place.
CREATE TABLE personal_of_now (
  seq INTEGER NOT NULL REFERENCES audit,
  field TEXT NOT NULL CHECK (field IN ('who', 'actor', 'email', 'arguments')),
  salt BLOB NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;
INSERT INTO personal_of_now (seq, field, salt, value) SELECT seq, field, salt, value FROM personal;
DROP TABLE personal;
ALTER TABLE personal_of_now RENAME TO personal;
CREATE TRIGGER personal_is_not_changed BEFORE UPDATE ON personal
  BEGIN SELECT RAISE(ABORT, 'a personal field is only erased'); END;
