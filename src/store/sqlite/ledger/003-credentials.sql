-- What lets us in at sources, sealed. docs/security.md says how.

-- `version` moves with every change, also where the credential is forgotten: then nothing is sealed.
CREATE TABLE credential (
  source TEXT PRIMARY KEY,
  version INTEGER NOT NULL CHECK (version > 0),
  facts TEXT,
  sealed BLOB,
  CHECK ((facts IS NULL) = (sealed IS NULL))
) STRICT, WITHOUT ROWID;

-- Who renews a credential now: one at a time, across processes.
CREATE TABLE renewal (
  source TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  pid INTEGER NOT NULL,
  process_started TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
