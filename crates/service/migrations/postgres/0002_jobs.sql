-- Jobs: how many of an account run at a time, looks after the end, what attempts cost, retries, and how long
-- results are kept.

ALTER TABLE job ADD COLUMN retry_of TEXT COLLATE "C";

-- A job above its account's cap is parked: it is due at its deadline only. A row that outlives its job's end
-- says until when the vendor's task is still looked at.
ALTER TABLE job_due ADD COLUMN account TEXT COLLATE "C";
ALTER TABLE job_due ADD COLUMN parked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_due ADD COLUMN late_until BIGINT;
ALTER TABLE job_due ADD COLUMN progress_at BIGINT;
UPDATE job_due SET account = (SELECT account FROM job WHERE job.id = job_due.job);
CREATE INDEX job_due_running ON job_due (account) WHERE parked = 0 AND late_until IS NULL;
CREATE INDEX job_due_parked ON job_due
  (account, (CASE priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END), job) WHERE parked = 1;

-- What the vendor charges the operator: its price as it was when the attempt began, and what it comes to.
ALTER TABLE attempt ADD COLUMN cost_price TEXT;
ALTER TABLE attempt ADD COLUMN cost BIGINT;

ALTER TABLE artifact ADD COLUMN model TEXT COLLATE "C";
ALTER TABLE artifact ADD COLUMN stored_at BIGINT;
ALTER TABLE artifact ADD COLUMN removed_at BIGINT;
UPDATE artifact SET (model, stored_at) = (SELECT model, updated_at FROM job WHERE job.id = artifact.job);
CREATE INDEX artifact_kept ON artifact (model, stored_at) WHERE removed_at IS NULL;

-- What one process does for all of them.
CREATE TABLE duty (
  name        TEXT PRIMARY KEY,
  instance    TEXT COLLATE "C" NOT NULL,
  lease_until BIGINT NOT NULL
);
