-- What a person found out about a write of which nobody could say whether it was made, or had its source asked once more. Sealed.
ALTER TABLE proposal ADD COLUMN settled BLOB;

-- When the right to make it was taken: its source is asked about that time, however long ago it is.
ALTER TABLE proposal ADD COLUMN taken_at INTEGER;
UPDATE proposal SET taken_at = CASE state WHEN 'committing' THEN moved_at ELSE at END
WHERE state IN ('committing', 'uncertain');

-- Against mistakes of ours: what is uncertain ends by a person alone, and never goes back to where it could be made.
DROP TRIGGER proposal_ends_once;
CREATE TRIGGER proposal_ends_once BEFORE UPDATE OF state ON proposal
  WHEN OLD.state NOT IN ('proposed', 'approved', 'committing')
    AND NOT (OLD.state = 'uncertain' AND NEW.state IN ('done', 'absent') AND NEW.settled IS NOT NULL)
  BEGIN SELECT RAISE(ABORT, 'a proposal ends once'); END;
CREATE TRIGGER proposal_is_settled_once BEFORE UPDATE OF settled ON proposal
  WHEN OLD.settled IS NOT NULL OR OLD.state <> 'uncertain' OR NEW.state NOT IN ('done', 'absent')
  BEGIN SELECT RAISE(ABORT, 'a person settles what is uncertain, once'); END;
