-- What callers were sent, for requests that come again; and charges that are estimates.

CREATE TABLE call_answer (
  call       TEXT    PRIMARY KEY REFERENCES call (id),
  provider   TEXT    NOT NULL,
  body       BLOB,
  is_whole   INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX call_answer_created ON call_answer (created_at);

ALTER TABLE entry ADD COLUMN is_estimated INTEGER NOT NULL DEFAULT 0;
