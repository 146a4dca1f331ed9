-- Requests for the secrets of keys, so that the same one gives the same secret: that is derived from the salt and the
-- server's secret key. The key is named before it is made.
CREATE TABLE key_request (
  scope       BYTEA  PRIMARY KEY,
  fingerprint BYTEA  NOT NULL,
  key         TEXT COLLATE "C" NOT NULL,
  replaces    BYTEA,
  salt        BYTEA  NOT NULL,
  created_at  BIGINT NOT NULL
);
CREATE INDEX key_request_created ON key_request (created_at);
