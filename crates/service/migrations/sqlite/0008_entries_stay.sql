-- REPLACE deletes the row in its way without asking the trigger against that.
CREATE TRIGGER entry_never_replaces BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM entry WHERE operation = NEW.operation)
BEGIN SELECT RAISE (ABORT, 'entries of the ledger are never replaced'); END;
