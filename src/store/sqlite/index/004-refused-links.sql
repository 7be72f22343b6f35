-- Pairs that a person took apart, so that an e-mail does not join them again: of one identity, or of whoever carries an e-mail.
-- evidence: { reason, operator } as JSON.
CREATE TABLE refused_link (
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  identity INTEGER REFERENCES identity,
  email TEXT,
  evidence TEXT NOT NULL,
  at INTEGER NOT NULL,
  CHECK ((identity IS NULL) <> (email IS NULL)),
  UNIQUE (account, identity),
  UNIQUE (account, email)
) STRICT;
-- Who carries an e-mail is asked for each account that carries it.
CREATE INDEX identity_by_email ON identity (email);
