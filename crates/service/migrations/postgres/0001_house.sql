-- Accounts, the ledger, jobs and all that belongs to them.
-- Times are milliseconds since 1970; ids are lower-case UUIDs, ordered byte by byte; credits are micro-credits.

-- The moment, by the database's clock.
CREATE FUNCTION now_millis() RETURNS BIGINT LANGUAGE SQL VOLATILE
AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- Ends a transaction in which a statement changed other rows than it was meant to: what it was decided over is no
-- longer so, and it is to be run again.
CREATE FUNCTION expect_rows(changed BIGINT, expected BIGINT) RETURNS BIGINT LANGUAGE plpgsql
AS $$ BEGIN
  IF changed <> expected THEN
    RAISE EXCEPTION 'a statement changed % rows instead of %', changed, expected USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN changed;
END $$;

-- One row a batch, written in its transaction: where the answer to a COMMIT is lost, it tells whether the batch stands.
-- Whoever asks for it puts in a row with stands = 0, so that a batch that is still on its way can no longer come in.
CREATE TABLE commit_batch (
  id     TEXT COLLATE "C" PRIMARY KEY,
  stands BIGINT NOT NULL,
  at     BIGINT NOT NULL
);
CREATE INDEX commit_batch_at ON commit_batch (at);

CREATE TABLE instance (
  id          TEXT COLLATE "C" PRIMARY KEY,
  lease_until BIGINT NOT NULL
);

CREATE TABLE account (
  id          TEXT COLLATE "C" PRIMARY KEY,
  realm       TEXT NOT NULL,
  external_id TEXT NOT NULL,
  available   BIGINT NOT NULL CONSTRAINT account_available_not_negative CHECK (available >= 0),
  held        BIGINT NOT NULL CONSTRAINT account_held_not_negative CHECK (held >= 0),
  created_at  BIGINT NOT NULL,
  CONSTRAINT account_subject UNIQUE (realm, external_id)
) WITH (fillfactor = 70);

CREATE TABLE hold (
  id         TEXT COLLATE "C" PRIMARY KEY,
  account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  owner      TEXT COLLATE "C" NOT NULL CONSTRAINT hold_owner UNIQUE,
  key        TEXT COLLATE "C",
  amount     BIGINT NOT NULL CONSTRAINT hold_amount_not_negative CHECK (amount >= 0),
  price      TEXT NOT NULL,
  state      TEXT NOT NULL CONSTRAINT hold_state CHECK (state IN ('open', 'settled', 'released')),
  charged    BIGINT NOT NULL DEFAULT 0 CONSTRAINT hold_charged_at_most_amount CHECK (charged BETWEEN 0 AND amount),
  created_at BIGINT NOT NULL,
  ended_at   BIGINT,
  CONSTRAINT hold_ends_once CHECK ((state = 'open') = (ended_at IS NULL)),
  CONSTRAINT hold_charged_when_settled CHECK ((state = 'settled') = (charged > 0))
);
CREATE INDEX hold_open ON hold (account) WHERE state = 'open';

CREATE TABLE entry (
  id               TEXT COLLATE "C" PRIMARY KEY,
  account          TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  operation        TEXT NOT NULL CONSTRAINT entry_operation UNIQUE,
  kind             TEXT NOT NULL,
  amount           BIGINT NOT NULL,
  available_change BIGINT NOT NULL,
  held_change      BIGINT NOT NULL,
  owner            TEXT COLLATE "C",
  note             TEXT,
  created_at       BIGINT NOT NULL,
  is_estimated     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX entry_account ON entry (account, id);

CREATE FUNCTION entry_refuses() RETURNS TRIGGER LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry
FOR EACH STATEMENT EXECUTE FUNCTION entry_refuses('entries of the ledger never change');
CREATE TRIGGER entry_never_goes BEFORE DELETE OR TRUNCATE ON entry
FOR EACH STATEMENT EXECUTE FUNCTION entry_refuses('entries of the ledger are never deleted');

CREATE TABLE call (
  id         TEXT COLLATE "C" PRIMARY KEY,
  account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  key        TEXT COLLATE "C",
  instance   TEXT COLLATE "C" NOT NULL,
  model      TEXT NOT NULL,
  hold       TEXT COLLATE "C" NOT NULL REFERENCES hold (id),
  state      TEXT NOT NULL CONSTRAINT call_state CHECK (state IN ('open', 'charged', 'released', 'interrupted')),
  created_at BIGINT NOT NULL,
  ended_at   BIGINT,
  CONSTRAINT call_ends_once CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX call_open ON call (instance) WHERE state = 'open';

-- What callers were sent, for requests that come again.
CREATE TABLE call_answer (
  call       TEXT COLLATE "C" PRIMARY KEY REFERENCES call (id),
  provider   TEXT NOT NULL,
  body       BYTEA,
  is_whole   BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX call_answer_created ON call_answer (created_at);

CREATE TABLE job (
  id               TEXT COLLATE "C" PRIMARY KEY,
  account          TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  key              TEXT COLLATE "C",
  model            TEXT NOT NULL,
  modality         TEXT NOT NULL,
  input            TEXT NOT NULL,
  terms            TEXT NOT NULL,
  metadata         TEXT,
  state            TEXT NOT NULL CONSTRAINT job_state CHECK
    (state IN ('queued', 'starting', 'running', 'storing', 'succeeded', 'failed', 'cancelled', 'expired')),
  version          BIGINT NOT NULL,
  priority         TEXT NOT NULL CONSTRAINT job_priority CHECK (priority IN ('high', 'normal', 'low')),
  progress         BIGINT,
  attempts         BIGINT NOT NULL,
  hold             TEXT COLLATE "C" NOT NULL REFERENCES hold (id),
  held             BIGINT NOT NULL,
  charged          BIGINT NOT NULL,
  error            TEXT,
  output           TEXT,
  cancel_requested BIGINT NOT NULL,
  deadline_at      BIGINT NOT NULL,
  created_at       BIGINT NOT NULL,
  updated_at       BIGINT NOT NULL,
  files            TEXT
);
CREATE INDEX job_account ON job (account, id);

CREATE TABLE job_due (
  job          TEXT COLLATE "C" PRIMARY KEY REFERENCES job (id),
  next_at      BIGINT NOT NULL,
  priority     TEXT NOT NULL,
  lease_until  BIGINT,
  leased_by    TEXT COLLATE "C",
  token        BIGINT NOT NULL,
  failed_polls BIGINT NOT NULL
);
CREATE INDEX job_due_next ON job_due (next_at);

CREATE TABLE attempt (
  owner        TEXT COLLATE "C" NOT NULL,
  number       BIGINT NOT NULL,
  provider     TEXT NOT NULL,
  vendor_model TEXT NOT NULL,
  credential   TEXT NOT NULL,
  state        TEXT NOT NULL,
  effect       TEXT NOT NULL,
  upstream     TEXT,
  error        TEXT,
  vendor       TEXT NOT NULL,
  begun_at     BIGINT NOT NULL,
  ended_at     BIGINT,
  PRIMARY KEY (owner, number)
);

CREATE TABLE artifact (
  job        TEXT COLLATE "C" NOT NULL REFERENCES job (id),
  number     BIGINT NOT NULL,
  key        TEXT COLLATE "C" NOT NULL,
  media_type TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  sha256     TEXT NOT NULL,
  PRIMARY KEY (job, number)
);

CREATE TABLE job_event (
  job        TEXT COLLATE "C" NOT NULL REFERENCES job (id),
  version    BIGINT NOT NULL,
  id         TEXT COLLATE "C" NOT NULL,
  state      TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (job, version)
);

CREATE TABLE idempotency (
  account     TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  method      TEXT NOT NULL,
  path        TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint BYTEA NOT NULL,
  owner       TEXT COLLATE "C" NOT NULL,
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (account, method, path, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE api_key (
  id         TEXT COLLATE "C" PRIMARY KEY,
  kind       TEXT NOT NULL CONSTRAINT api_key_kind CHECK (kind IN ('admin', 'service', 'user')),
  realm      TEXT NOT NULL,
  account    TEXT,
  name       TEXT,
  scopes     TEXT NOT NULL,
  hash       BYTEA NOT NULL CONSTRAINT api_key_hash UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  CONSTRAINT api_key_user_has_account CHECK (kind <> 'user' OR account IS NOT NULL)
);

-- What a key may spend in all.
CREATE TABLE key_budget (
  key     TEXT COLLATE "C" PRIMARY KEY REFERENCES api_key (id),
  budget  BIGINT NOT NULL CONSTRAINT key_budget_not_negative CHECK (budget >= 0),
  held    BIGINT NOT NULL DEFAULT 0 CONSTRAINT key_budget_held_not_negative CHECK (held >= 0),
  charged BIGINT NOT NULL DEFAULT 0 CONSTRAINT key_budget_charged_not_negative CHECK (charged >= 0),
  CONSTRAINT key_budget_not_exceeded CHECK (held + charged <= budget)
) WITH (fillfactor = 70);

-- Counters that caches watch. A change of any key raises 'keys'.
CREATE TABLE revision (
  name  TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO revision VALUES ('keys', 0);
CREATE FUNCTION keys_changed() RETURNS TRIGGER LANGUAGE plpgsql
AS $$ BEGIN UPDATE revision SET value = value + 1 WHERE name = 'keys'; RETURN NULL; END $$;
CREATE TRIGGER api_key_made AFTER INSERT ON api_key FOR EACH ROW EXECUTE FUNCTION keys_changed();
CREATE TRIGGER api_key_changed AFTER UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION keys_changed();

-- Files that callers hand in. `job.files` says which of them a job names.
CREATE TABLE file (
  id         TEXT COLLATE "C" PRIMARY KEY,
  account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  state      TEXT NOT NULL CONSTRAINT file_state CHECK (state IN ('incoming', 'stored', 'leaving')),
  media_type TEXT NOT NULL,
  size_bytes BIGINT NOT NULL CONSTRAINT file_size_not_negative CHECK (size_bytes >= 0),
  sha256     TEXT NOT NULL,
  uses       BIGINT NOT NULL CONSTRAINT file_uses_not_negative CHECK (uses >= 0),
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  CONSTRAINT file_stays_while_used CHECK (uses = 0 OR state = 'stored')
);
CREATE INDEX file_account ON file (account, state, id, size_bytes);
CREATE INDEX file_age ON file (state, used_at);

