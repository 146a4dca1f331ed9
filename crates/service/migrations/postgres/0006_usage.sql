-- What was used, one row for each call and job that has ended. It may lose rows, and keeps them only for a while, so
-- nothing refers to it, and it refers to nothing.
CREATE TABLE usage_row (
  owner               TEXT COLLATE "C" PRIMARY KEY,
  account             TEXT COLLATE "C" NOT NULL,
  realm               TEXT COLLATE "C" NOT NULL,
  key                 TEXT COLLATE "C",
  model               TEXT COLLATE "C" NOT NULL,
  modality            TEXT NOT NULL,
  provider            TEXT COLLATE "C",
  outcome             TEXT NOT NULL,
  attempts            BIGINT NOT NULL,
  input_tokens        BIGINT NOT NULL,
  cached_input_tokens BIGINT NOT NULL,
  output_tokens       BIGINT NOT NULL,
  images              BIGINT NOT NULL,
  video_seconds       BIGINT NOT NULL,
  characters          BIGINT NOT NULL,
  audio_seconds       BIGINT NOT NULL,
  charged             BIGINT NOT NULL CONSTRAINT usage_row_charged CHECK (charged >= 0),
  is_estimated        BIGINT NOT NULL,
  duration_ms         BIGINT NOT NULL,
  first_part_ms       BIGINT,
  ended_at            BIGINT NOT NULL
);
CREATE INDEX usage_row_ended ON usage_row (ended_at);
CREATE INDEX usage_row_account ON usage_row (account, ended_at);
CREATE INDEX usage_row_realm ON usage_row (realm, ended_at);
CREATE INDEX usage_row_provider ON usage_row (provider, ended_at);
