-- What a run would widen waits for its end, for until then it stands beside what is known of another moment: see writing/held-back.ts.
-- What stands meanwhile lets nobody in whom either moment kept out. What a source says anew takes the place of what waits.
-- listed_at: start of the run that listed the group.
CREATE TABLE coming_group (
  principal INTEGER PRIMARY KEY REFERENCES principal,
  source INTEGER NOT NULL REFERENCES source,
  listed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX coming_group_by_source ON coming_group (source);
CREATE TABLE coming_member (
  member_group INTEGER NOT NULL REFERENCES coming_group ON DELETE CASCADE,
  member INTEGER NOT NULL REFERENCES principal,
  PRIMARY KEY (member_group, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE coming_acl (
  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,
  source INTEGER NOT NULL REFERENCES source,
  acl INTEGER NOT NULL REFERENCES acl
) STRICT;
CREATE INDEX coming_acl_by_source ON coming_acl (source);

-- tick, at: of the listing and the run that named it. value: the account as JSON.
CREATE TABLE coming_account (
  source INTEGER NOT NULL REFERENCES source,
  account TEXT NOT NULL,
  tick INTEGER NOT NULL,
  at INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (source, account)
) STRICT, WITHOUT ROWID;
