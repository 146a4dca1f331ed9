-- Accounts, the ledger, jobs and all that belongs to them.
-- Times are milliseconds since 1970; ids are lower-case UUIDs; credits are micro-credits.

CREATE TABLE instance (
  id          TEXT    PRIMARY KEY,
  lease_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id          TEXT    PRIMARY KEY,
  realm       TEXT    NOT NULL,
  external_id TEXT    NOT NULL,
  available   INTEGER NOT NULL CONSTRAINT account_available_not_negative CHECK (available >= 0),
  held        INTEGER NOT NULL CONSTRAINT account_held_not_negative CHECK (held >= 0),
  created_at  INTEGER NOT NULL,
  CONSTRAINT account_subject UNIQUE (realm, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hold (
  id         TEXT    PRIMARY KEY,
  account    TEXT    NOT NULL REFERENCES account (id),
  owner      TEXT    NOT NULL CONSTRAINT hold_owner UNIQUE,
  key        TEXT,
  amount     INTEGER NOT NULL CONSTRAINT hold_amount_not_negative CHECK (amount >= 0),
  price      TEXT    NOT NULL,
  state      TEXT    NOT NULL CONSTRAINT hold_state CHECK (state IN ('open', 'settled', 'released')),
  charged    INTEGER NOT NULL DEFAULT 0 CONSTRAINT hold_charged_at_most_amount CHECK (charged BETWEEN 0 AND amount),
  created_at INTEGER NOT NULL,
  ended_at   INTEGER,
  CONSTRAINT hold_ends_once CHECK ((state = 'open') = (ended_at IS NULL)),
  CONSTRAINT hold_charged_when_settled CHECK ((state = 'settled') = (charged > 0))
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_open ON hold (account) WHERE state = 'open';

CREATE TABLE entry (
  id               TEXT    PRIMARY KEY,
  account          TEXT    NOT NULL REFERENCES account (id),
  operation        TEXT    NOT NULL CONSTRAINT entry_operation UNIQUE,
  kind             TEXT    NOT NULL,
  amount           INTEGER NOT NULL,
  available_change INTEGER NOT NULL,
  held_change      INTEGER NOT NULL,
  owner            TEXT,
  note             TEXT,
  created_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_account ON entry (account, id);

CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry
BEGIN SELECT RAISE (ABORT, 'entries of the ledger never change'); END;
CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry
BEGIN SELECT RAISE (ABORT, 'entries of the ledger are never deleted'); END;

CREATE TABLE call (
  id         TEXT    PRIMARY KEY,
  account    TEXT    NOT NULL REFERENCES account (id),
  key        TEXT,
  instance   TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  hold       TEXT    NOT NULL REFERENCES hold (id),
  state      TEXT    NOT NULL CONSTRAINT call_state CHECK (state IN ('open', 'charged', 'released', 'interrupted')),
  created_at INTEGER NOT NULL,
  ended_at   INTEGER,
  CONSTRAINT call_ends_once CHECK ((state = 'open') = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX call_open ON call (instance) WHERE state = 'open';

CREATE TABLE job (
  id               TEXT    PRIMARY KEY,
  account          TEXT    NOT NULL REFERENCES account (id),
  key              TEXT,
  model            TEXT    NOT NULL,
  modality         TEXT    NOT NULL,
  input            TEXT    NOT NULL,
  terms            TEXT    NOT NULL,
  metadata         TEXT,
  state            TEXT    NOT NULL CONSTRAINT job_state CHECK
    (state IN ('queued', 'starting', 'running', 'storing', 'succeeded', 'failed', 'cancelled', 'expired')),
  version          INTEGER NOT NULL,
  priority         TEXT    NOT NULL CONSTRAINT job_priority CHECK (priority IN ('high', 'normal', 'low')),
  progress         INTEGER,
  attempts         INTEGER NOT NULL,
  hold             TEXT    NOT NULL REFERENCES hold (id),
  held             INTEGER NOT NULL,
  charged          INTEGER NOT NULL,
  error            TEXT,
  output           TEXT,
  cancel_requested INTEGER NOT NULL,
  deadline_at      INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX job_account ON job (account, id);

CREATE TABLE job_due (
  job          TEXT    PRIMARY KEY REFERENCES job (id),
  next_at      INTEGER NOT NULL,
  priority     TEXT    NOT NULL,
  lease_until  INTEGER,
  leased_by    TEXT,
  token        INTEGER NOT NULL,
  failed_polls INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_due_next ON job_due (next_at);

CREATE TABLE attempt (
  owner        TEXT    NOT NULL,
  number       INTEGER NOT NULL,
  provider     TEXT    NOT NULL,
  vendor_model TEXT    NOT NULL,
  credential   TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  effect       TEXT    NOT NULL,
  upstream     TEXT,
  error        TEXT,
  vendor       TEXT    NOT NULL,
  begun_at     INTEGER NOT NULL,
  ended_at     INTEGER,
  PRIMARY KEY (owner, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (
  job        TEXT    NOT NULL REFERENCES job (id),
  number     INTEGER NOT NULL,
  key        TEXT    NOT NULL,
  media_type TEXT    NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256     TEXT    NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_event (
  job        TEXT    NOT NULL REFERENCES job (id),
  version    INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (job, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  account     TEXT    NOT NULL REFERENCES account (id),
  method      TEXT    NOT NULL,
  path        TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint BLOB    NOT NULL,
  owner       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (account, method, path, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE api_key (
  id         TEXT    PRIMARY KEY,
  kind       TEXT    NOT NULL CONSTRAINT api_key_kind CHECK (kind IN ('admin', 'service', 'user')),
  realm      TEXT    NOT NULL,
  account    TEXT,
  name       TEXT,
  scopes     TEXT    NOT NULL,
  hash       BLOB    NOT NULL CONSTRAINT api_key_hash UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  CONSTRAINT api_key_user_has_account CHECK (kind <> 'user' OR account IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Counters that caches watch. A change of any key raises 'keys'.
CREATE TABLE revision (
  name  TEXT    PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revision VALUES ('keys', 0);
CREATE TRIGGER api_key_made AFTER INSERT ON api_key
BEGIN UPDATE revision SET value = value + 1 WHERE name = 'keys'; END;
CREATE TRIGGER api_key_changed AFTER UPDATE ON api_key
BEGIN UPDATE revision SET value = value + 1 WHERE name = 'keys'; END;
