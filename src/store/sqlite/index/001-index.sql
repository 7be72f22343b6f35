-- The index: content, permissions, links and their history. Times are ms since 1970, hashes are raw SHA-256.

-- database_id: random, so that a restored backup drops every cache. version: counts every commit.
-- epoch: moves when what holds for whom can change.
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  database_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES (1, lower(hex(randomblob(16))), 0, 0);

-- confirmed_at: the start of the last run that read the whole input and found that what it does not mention still stands.
-- tick: counts listings; what a listing saw carries a tick at least its own.
CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  connector TEXT NOT NULL,
  confirmed_at INTEGER NOT NULL DEFAULT 0,
  tick INTEGER NOT NULL DEFAULT 0,
  listed INTEGER NOT NULL DEFAULT 0,
  -- Of the last committed checkpoint: its cursor, and the listings open at it ([{ "of"?, "tick" }]), as JSON.
  cursor TEXT,
  listings TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  status TEXT CHECK (status IN ('complete', 'partial', 'failed')),
  counts TEXT,
  problems TEXT
) STRICT;
CREATE INDEX run_by_source ON run (source, id);

-- A lease names a process by its id and start time, so that a reused id is not taken for it.
CREATE TABLE lease (
  source INTEGER PRIMARY KEY REFERENCES source,
  run INTEGER NOT NULL REFERENCES run,
  pid INTEGER NOT NULL,
  process_started TEXT NOT NULL
) STRICT;

-- Every principal an acl or a group names, of the source that names it: `person:` and `everyone` too,
-- because what holds for them can differ from source to source.
CREATE TABLE principal (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES source,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (source, kind, name)
) STRICT;

-- An acl class: never changed, never reused.
CREATE TABLE acl (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source,
  hash BLOB NOT NULL,
  value TEXT NOT NULL,
  unknown INTEGER NOT NULL,
  UNIQUE (source, hash)
) STRICT;
CREATE TABLE acl_term (
  id INTEGER PRIMARY KEY,
  acl INTEGER NOT NULL REFERENCES acl,
  ordinal INTEGER NOT NULL,
  UNIQUE (acl, ordinal)
) STRICT;
CREATE TABLE acl_grant (
  term INTEGER NOT NULL REFERENCES acl_term,
  deny INTEGER NOT NULL,
  principal INTEGER NOT NULL REFERENCES principal,
  PRIMARY KEY (term, deny, principal)
) STRICT, WITHOUT ROWID;
CREATE INDEX acl_grant_by_principal ON acl_grant (principal, deny);

-- Documents and containers share one key space, so one table: whoever is named by `audience:<key>` is a row here.
CREATE TABLE item (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source,
  key TEXT NOT NULL,
  container INTEGER NOT NULL,
  title TEXT NOT NULL,
  parent TEXT,
  acl INTEGER NOT NULL REFERENCES acl,
  tick INTEGER NOT NULL,
  synced_at INTEGER NOT NULL,
  permissions_synced_at INTEGER NOT NULL,
  UNIQUE (source, key)
) STRICT;
CREATE INDEX item_by_parent ON item (source, parent);
CREATE INDEX item_by_acl ON item (acl);

-- author, here and of a chunk: `user:<id>`. labels: JSON array. fields: JSON object. content_hash, body_hash: hex.
CREATE TABLE document (
  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,
  type TEXT NOT NULL,
  url TEXT NOT NULL,
  author TEXT,
  updated_at INTEGER NOT NULL,
  revision TEXT,
  labels TEXT NOT NULL,
  fields TEXT NOT NULL,
  body_hash TEXT,
  parser TEXT NOT NULL,
  content_hash TEXT NOT NULL
) STRICT;

CREATE TABLE chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  text TEXT NOT NULL,
  location TEXT NOT NULL,
  author TEXT,
  stripped INTEGER NOT NULL,
  -- What is embedded, and its hash: the key of the vector cache.
  embedded TEXT NOT NULL,
  embedded_hash BLOB NOT NULL,
  UNIQUE (item, ordinal)
) STRICT;

-- The lexical index: how strongly a chunk contains a term, from the chunk alone. Statistics are counted per caller.
CREATE TABLE term (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE posting (
  term INTEGER NOT NULL REFERENCES term,
  chunk INTEGER NOT NULL,
  impact INTEGER NOT NULL,
  PRIMARY KEY (term, chunk)
) STRICT, WITHOUT ROWID;
-- The terms of a chunk (little-endian u32 ids), so that its postings can be found again when it goes.
CREATE TABLE chunk_terms (
  chunk INTEGER PRIMARY KEY REFERENCES chunk ON DELETE CASCADE,
  terms BLOB NOT NULL
) STRICT;

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE vector (
  chunk INTEGER PRIMARY KEY REFERENCES chunk ON DELETE CASCADE,
  model INTEGER NOT NULL REFERENCES model,
  embedded_hash BLOB NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE INDEX vector_by_embedded ON vector (embedded_hash, model);
CREATE INDEX vector_by_model ON vector (model);
-- Chunks that wait for a vector, oldest first.
CREATE TABLE vector_queue (
  chunk INTEGER PRIMARY KEY REFERENCES chunk ON DELETE CASCADE
) STRICT;

-- listed_at: start of the run that last listed the group whole; null: never. unknown: why the last try failed.
CREATE TABLE member_group (
  principal INTEGER PRIMARY KEY REFERENCES principal,
  source INTEGER NOT NULL REFERENCES source,
  listed_at INTEGER,
  unknown TEXT,
  tick INTEGER NOT NULL
) STRICT;
CREATE INDEX member_group_by_source ON member_group (source, tick);
CREATE TABLE member (
  member_group INTEGER NOT NULL REFERENCES principal,
  member INTEGER NOT NULL REFERENCES principal,
  PRIMARY KEY (member_group, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_member ON member (member, member_group);

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source,
  account TEXT NOT NULL,
  name TEXT,
  active INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('member', 'guest')),
  tick INTEGER NOT NULL,
  synced_at INTEGER NOT NULL,
  UNIQUE (source, account)
) STRICT;
CREATE TABLE account_email (
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  email TEXT NOT NULL,
  PRIMARY KEY (account, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_email_by_email ON account_email (email);

CREATE TABLE identity (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT,
  seen_at INTEGER NOT NULL,
  UNIQUE (issuer, subject)
) STRICT;
CREATE TABLE link (
  identity INTEGER NOT NULL REFERENCES identity,
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  method TEXT NOT NULL,
  evidence TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (identity, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_account ON link (account);

-- Every permission fact that moved, with its old and new value as JSON: for acl and container the id of the acl,
-- for members what went and what came (new NULL: no longer listed whole).
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version INTEGER NOT NULL,
  run INTEGER,
  at INTEGER NOT NULL,
  source INTEGER NOT NULL REFERENCES source,
  subject TEXT NOT NULL,
  key TEXT NOT NULL,
  old TEXT,
  new TEXT
) STRICT;
CREATE INDEX history_by_subject ON history (source, subject, key, id);
