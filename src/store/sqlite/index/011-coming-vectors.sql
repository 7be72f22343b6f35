-- While another model takes over: its vectors of chunks that still have one of the model before it, which goes on serving.
CREATE TABLE coming_vector (
  chunk INTEGER PRIMARY KEY REFERENCES chunk ON DELETE CASCADE,
  model INTEGER NOT NULL REFERENCES model,
  embedded_hash BLOB NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE INDEX coming_vector_by_embedded ON coming_vector (embedded_hash, model);
