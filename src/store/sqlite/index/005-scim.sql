-- What an identity provider pushed, kept whole: nobody can be asked for it again. id is ours, and never used twice.
-- name: the userName or displayName as it is compared. value: what was pushed, as a JSON object.
CREATE TABLE pushed (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('User', 'Group')),
  name TEXT NOT NULL,
  external_id TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  value TEXT NOT NULL,
  UNIQUE (source, kind, name)
) STRICT;
CREATE INDEX pushed_by_place ON pushed (source, kind, place);
CREATE INDEX pushed_by_external_id ON pushed (source, kind, external_id);
