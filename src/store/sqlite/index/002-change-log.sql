-- What moved among the rows that decide who may see what, so that what is kept in memory can follow. Written by triggers: no way to
-- write a row can forget it. An entry names a row and not what it holds, which is read again by whoever follows.
-- kind: 'member' (a: the group, b: the member), 'group' (a: the group), 'audience' (a: the principal that names an item).
-- Acls and principals need no entry: they are never changed, never removed, and what is new has the higher id.
CREATE TABLE change_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('member', 'group', 'audience')),
  a INTEGER NOT NULL,
  b INTEGER
) STRICT;

-- The last 100,000 entries and a few more: whoever stands further behind reads everything again.
CREATE TRIGGER change_log_bounded AFTER INSERT ON change_log WHEN NEW.id % 1000 = 0
BEGIN
  DELETE FROM change_log WHERE id <= NEW.id - 100000;
END;

CREATE TRIGGER member_added AFTER INSERT ON member
BEGIN
  INSERT INTO change_log (kind, a, b) VALUES ('member', NEW.member_group, NEW.member);
END;
CREATE TRIGGER member_removed AFTER DELETE ON member
BEGIN
  INSERT INTO change_log (kind, a, b) VALUES ('member', OLD.member_group, OLD.member);
END;
CREATE TRIGGER member_changed AFTER UPDATE ON member
BEGIN
  INSERT INTO change_log (kind, a, b)
  VALUES ('member', OLD.member_group, OLD.member), ('member', NEW.member_group, NEW.member);
END;

CREATE TRIGGER member_group_added AFTER INSERT ON member_group
BEGIN
  INSERT INTO change_log (kind, a) VALUES ('group', NEW.principal);
END;
CREATE TRIGGER member_group_removed AFTER DELETE ON member_group
BEGIN
  INSERT INTO change_log (kind, a) VALUES ('group', OLD.principal);
END;
CREATE TRIGGER member_group_changed AFTER UPDATE OF listed_at, unknown ON member_group
WHEN NEW.listed_at IS NOT OLD.listed_at OR NEW.unknown IS NOT OLD.unknown
BEGIN
  INSERT INTO change_log (kind, a) VALUES ('group', NEW.principal);
END;
CREATE TRIGGER member_group_renamed AFTER UPDATE OF principal, source ON member_group
BEGIN
  INSERT INTO change_log (kind, a) VALUES ('group', OLD.principal), ('group', NEW.principal);
END;

-- Of items only those that an acl names as an audience decide anything.
CREATE TRIGGER item_added AFTER INSERT ON item
BEGIN
  INSERT INTO change_log (kind, a)
  SELECT 'audience', id FROM principal WHERE source = NEW.source AND kind = 'audience' AND name = NEW.key;
END;
CREATE TRIGGER item_removed AFTER DELETE ON item
BEGIN
  INSERT INTO change_log (kind, a)
  SELECT 'audience', id FROM principal WHERE source = OLD.source AND kind = 'audience' AND name = OLD.key;
END;
CREATE TRIGGER item_changed AFTER UPDATE OF acl, permissions_synced_at ON item
WHEN NEW.acl <> OLD.acl OR NEW.permissions_synced_at <> OLD.permissions_synced_at
BEGIN
  INSERT INTO change_log (kind, a)
  SELECT 'audience', id FROM principal WHERE source = NEW.source AND kind = 'audience' AND name = NEW.key;
END;
CREATE TRIGGER item_renamed AFTER UPDATE OF source, key ON item
BEGIN
  INSERT INTO change_log (kind, a)
  SELECT 'audience', id FROM principal WHERE source = OLD.source AND kind = 'audience' AND name = OLD.key
  UNION ALL
  SELECT 'audience', id FROM principal WHERE source = NEW.source AND kind = 'audience' AND name = NEW.key;
END;
