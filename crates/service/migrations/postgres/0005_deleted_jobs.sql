-- What became of jobs that their owner deleted: kept (the others), leaving (results are still to be removed) or gone.
ALTER TABLE job ADD COLUMN deletion TEXT NOT NULL DEFAULT 'kept';
CREATE INDEX job_leaving ON job (id) WHERE deletion = 'leaving';
CREATE INDEX job_video ON job (account, id) WHERE modality = 'video' AND deletion = 'kept';
