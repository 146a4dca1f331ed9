-- What was used, one row for each call and job that has ended. A file of its own, so that the ledger's is never kept
-- waiting by it; it names accounts, keys and owners of that file, and nothing holds it to them.
CREATE TABLE usage_row (
  owner               TEXT PRIMARY KEY,
  account             TEXT NOT NULL,
  realm               TEXT NOT NULL,
  key                 TEXT,
  model               TEXT NOT NULL,
  modality            TEXT NOT NULL,
  provider            TEXT,
  outcome             TEXT NOT NULL,
  attempts            INTEGER NOT NULL,
  input_tokens        INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  output_tokens       INTEGER NOT NULL,
  images              INTEGER NOT NULL,
  video_seconds       INTEGER NOT NULL,
  characters          INTEGER NOT NULL,
  audio_seconds       INTEGER NOT NULL,
  charged             INTEGER NOT NULL CONSTRAINT usage_row_charged CHECK (charged >= 0),
  is_estimated        INTEGER NOT NULL,
  duration_ms         INTEGER NOT NULL,
  first_part_ms       INTEGER,
  ended_at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_row_ended ON usage_row (ended_at);
CREATE INDEX usage_row_account ON usage_row (account, ended_at);
CREATE INDEX usage_row_realm ON usage_row (realm, ended_at);
CREATE INDEX usage_row_provider ON usage_row (provider, ended_at);
