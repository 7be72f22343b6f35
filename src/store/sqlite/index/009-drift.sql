-- In what a source was not what its connector was written for, run by run. what: JSON as in core/drift.ts, which holds paths and names
-- of calls and no value; '' counts what was too much to keep.
CREATE TABLE run_drift (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  what TEXT NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (run, what)
) STRICT, WITHOUT ROWID;
