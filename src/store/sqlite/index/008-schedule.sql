-- Permissions and contents are brought on schedules of their own.
-- alone: what a run was to bring, where that was not both.
ALTER TABLE run ADD COLUMN alone TEXT CHECK (alone IN ('permissions', 'content'));

-- confirmed_at is of permissions from here on; contents have their own.
ALTER TABLE source ADD COLUMN contents_confirmed_at INTEGER NOT NULL DEFAULT 0;
UPDATE source SET contents_confirmed_at = confirmed_at;

-- …_whole_at: the start of the last run that brought all of this kind, but for documents it named as problems; of listings, of the
-- last that was not refused.
ALTER TABLE source ADD COLUMN listing_whole_at INTEGER;
ALTER TABLE source ADD COLUMN permissions_whole_at INTEGER;
ALTER TABLE source ADD COLUMN content_whole_at INTEGER;
UPDATE source
SET permissions_whole_at = (SELECT max(started_at) FROM run WHERE run.source = source.id AND run.status = 'complete');
UPDATE source SET content_whole_at = permissions_whole_at;
-- retry_at: before then the source asked not to be asked again.
ALTER TABLE source ADD COLUMN retry_at INTEGER;

-- How often a source rang, and when last. By name: it may ring before it was ever read.
CREATE TABLE hook_ring (
  source TEXT PRIMARY KEY,
  rings INTEGER NOT NULL,
  rung_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Deliveries that were taken, so that none is taken twice. hash: of the id that the source gave it.
CREATE TABLE hook_delivery (
  source TEXT NOT NULL,
  hash BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (source, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_delivery_by_time ON hook_delivery (source, at);
