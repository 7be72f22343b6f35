-- outdated: 1 where its source has, or may have, another text than the one stored, and it could not be read. No `unchanged` is of that.
ALTER TABLE item ADD COLUMN outdated INTEGER NOT NULL DEFAULT 0;
