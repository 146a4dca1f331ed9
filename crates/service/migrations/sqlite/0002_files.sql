-- Files that callers hand in, and which of them a job names.

CREATE TABLE file (
  id         TEXT    PRIMARY KEY,
  account    TEXT    NOT NULL REFERENCES account (id),
  state      TEXT    NOT NULL CONSTRAINT file_state CHECK (state IN ('incoming', 'stored', 'leaving')),
  media_type TEXT    NOT NULL,
  size_bytes INTEGER NOT NULL CONSTRAINT file_size_not_negative CHECK (size_bytes >= 0),
  sha256     TEXT    NOT NULL,
  uses       INTEGER NOT NULL CONSTRAINT file_uses_not_negative CHECK (uses >= 0),
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL,
  CONSTRAINT file_stays_while_used CHECK (uses = 0 OR state = 'stored')
) STRICT, WITHOUT ROWID;
CREATE INDEX file_account ON file (account, state, id, size_bytes);
CREATE INDEX file_age ON file (state, used_at);

-- A JSON list of ids; nothing where it names none.
ALTER TABLE job ADD COLUMN files TEXT;
