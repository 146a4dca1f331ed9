-- Who is told of what happens to jobs, and what became of it.

-- Nothing where nobody is, or where it was forgotten with the deliveries of a job that ended long ago.
ALTER TABLE job ADD COLUMN webhook_url TEXT;
CREATE INDEX job_webhook ON job (updated_at) WHERE webhook_url IS NOT NULL;

CREATE TABLE webhook_secret (
  id         TEXT    PRIMARY KEY,
  account    TEXT    NOT NULL REFERENCES account (id),
  sealed     BLOB    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_secret_account ON webhook_secret (account, id);

-- The id is the event's. While it is leased, next_at is the lease's end.
CREATE TABLE webhook_delivery (
  id          TEXT    PRIMARY KEY,
  account     TEXT    NOT NULL REFERENCES account (id),
  job         TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  job_state   TEXT    NOT NULL,
  url         TEXT    NOT NULL,
  endpoint    TEXT    NOT NULL,
  state       TEXT    NOT NULL CONSTRAINT webhook_delivery_state CHECK (state IN ('pending', 'delivered', 'failed', 'gone')),
  tries       INTEGER NOT NULL,
  failures    INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,
  lease_until INTEGER,
  leased_by   TEXT,
  token       INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  ended_at    INTEGER,
  CONSTRAINT webhook_delivery_ends_once CHECK ((state = 'pending') = (ended_at IS NULL)),
  CONSTRAINT webhook_delivery_leased_while_pending CHECK (state = 'pending' OR lease_until IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_account ON webhook_delivery (account, id);
CREATE INDEX webhook_delivery_job ON webhook_delivery (job);
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint, next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_leased ON webhook_delivery (endpoint, lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE webhook_try (
  delivery    TEXT    NOT NULL,
  number      INTEGER NOT NULL,
  began_at    INTEGER NOT NULL,
  status      INTEGER,
  error       TEXT,
  duration_ms INTEGER NOT NULL,
  PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- Addresses that want nothing more of an account.
CREATE TABLE webhook_stopped_url (
  account    TEXT    NOT NULL REFERENCES account (id),
  url        TEXT    NOT NULL,
  stopped_at INTEGER NOT NULL,
  PRIMARY KEY (account, url)
) STRICT, WITHOUT ROWID;
