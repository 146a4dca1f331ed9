-- Requests for the secrets of keys, so that the same one gives the same secret: that is derived from the salt and the
-- server's secret key. The key is named before it is made.
CREATE TABLE key_request (
  scope       BLOB    PRIMARY KEY,
  fingerprint BLOB    NOT NULL,
  key         TEXT    NOT NULL,
  replaces    BLOB,
  salt        BLOB    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_request_created ON key_request (created_at);
