-- Writes: what is proposed, decided and made. docs/security.md says what is sealed, and how.

-- Nothing here can be read without a key but when, and how far a proposal is.
CREATE TABLE proposal (
  id TEXT PRIMARY KEY CHECK (length(id) = 32),
  state TEXT NOT NULL CHECK (
    state IN ('proposed', 'approved', 'declined', 'expired', 'committing', 'done', 'failed', 'absent', 'uncertain')
  ),
  proposer BLOB NOT NULL CHECK (length(proposer) = 32),
  mark BLOB UNIQUE CHECK (length(mark) = 32),
  at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  content BLOB NOT NULL,
  decision BLOB,
  kept BLOB,
  outcome BLOB,
  holder TEXT,
  pid INTEGER,
  process_started TEXT,
  CHECK ((holder IS NULL) = (pid IS NULL) AND (holder IS NULL) = (process_started IS NULL)),
  CHECK (holder IS NULL OR state = 'committing')
) STRICT;
CREATE INDEX proposal_state ON proposal (state, at);

-- Against mistakes of ours: what may have reached the source never goes back to where it could be made again.
CREATE TRIGGER proposal_is_made_once BEFORE UPDATE OF state ON proposal
  WHEN OLD.state = 'committing' AND NEW.state IN ('proposed', 'approved', 'declined', 'expired')
  BEGIN SELECT RAISE(ABORT, 'a proposal is made once'); END;
CREATE TRIGGER proposal_ends_once BEFORE UPDATE OF state ON proposal
  WHEN OLD.state NOT IN ('proposed', 'approved', 'committing')
  BEGIN SELECT RAISE(ABORT, 'a proposal ends once'); END;
CREATE TRIGGER proposal_is_not_forgotten BEFORE DELETE ON proposal
  WHEN OLD.state IN ('committing', 'uncertain')
  BEGIN SELECT RAISE(ABORT, 'a write that may have been made is not forgotten'); END;

-- Which documents somebody was shown, and when last: `reader` is a keyed hash.
CREATE TABLE reading (
  reader BLOB NOT NULL CHECK (length(reader) = 32),
  document TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (reader, document)
) STRICT, WITHOUT ROWID;
