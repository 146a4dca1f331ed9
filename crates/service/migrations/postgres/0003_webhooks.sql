-- Who is told of what happens to jobs, and what became of it.

-- Nothing where nobody is, or where it was forgotten with the deliveries of a job that ended long ago.
ALTER TABLE job ADD COLUMN webhook_url TEXT COLLATE "C";
CREATE INDEX job_webhook ON job (updated_at) WHERE webhook_url IS NOT NULL;

CREATE TABLE webhook_secret (
  id         TEXT COLLATE "C" PRIMARY KEY,
  account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  sealed     BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX webhook_secret_account ON webhook_secret (account, id);

-- The id is the event's. While it is leased, next_at is the lease's end.
CREATE TABLE webhook_delivery (
  id          TEXT COLLATE "C" PRIMARY KEY,
  account     TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  job         TEXT COLLATE "C" NOT NULL,
  version     BIGINT NOT NULL,
  job_state   TEXT NOT NULL,
  url         TEXT COLLATE "C" NOT NULL,
  endpoint    TEXT COLLATE "C" NOT NULL,
  state       TEXT NOT NULL CONSTRAINT webhook_delivery_state CHECK (state IN ('pending', 'delivered', 'failed', 'gone')),
  tries       BIGINT NOT NULL,
  failures    BIGINT NOT NULL,
  next_at     BIGINT NOT NULL,
  lease_until BIGINT,
  leased_by   TEXT COLLATE "C",
  token       BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  ended_at    BIGINT,
  CONSTRAINT webhook_delivery_ends_once CHECK ((state = 'pending') = (ended_at IS NULL)),
  CONSTRAINT webhook_delivery_leased_while_pending CHECK (state = 'pending' OR lease_until IS NULL)
);
CREATE INDEX webhook_delivery_account ON webhook_delivery (account, id);
CREATE INDEX webhook_delivery_job ON webhook_delivery (job);
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint, next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_leased ON webhook_delivery (endpoint, lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE webhook_try (
  delivery    TEXT COLLATE "C" NOT NULL,
  number      BIGINT NOT NULL,
  began_at    BIGINT NOT NULL,
  status      BIGINT,
  error       TEXT,
  duration_ms BIGINT NOT NULL,
  PRIMARY KEY (delivery, number)
);

-- Addresses that want nothing more of an account.
CREATE TABLE webhook_stopped_url (
  account    TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  url        TEXT COLLATE "C" NOT NULL,
  stopped_at BIGINT NOT NULL,
  PRIMARY KEY (account, url)
);
