//! Reading beside the committer, and the leases that workers renew.

use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{AccountId, CallId, EntryId, JobId, Realm, Subject};
use tokio_postgres::Row;

use super::database::read_all;
use super::fault::Fault;
use super::query::{Query, Value, values};
use super::rows::{self, ACCOUNT, ARTIFACT, ATTEMPT, CALL, CALL_ANSWER, ENTRY, EVENT, IDEMPOTENCY, JOB};
use super::{PostgresStore, audit};
use crate::Timestamp;
use crate::calls::{CallAnswer, CallView};
use crate::credits::{Account, Entry, Owner};
use crate::error::StoreError;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{Artifact, Attempt, Job, JobEvent, JobView, Lease};
use crate::ports::{Audit, DueJob, Needed, Reads, VideoPage};

/// Newer than every id, for a list's first page.
const LAST: &str = "~";

#[async_trait]
impl Reads for PostgresStore {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE realm = $1 AND external_id = $2");
        let key = values![subject.realm.to_string(), subject.external_id.to_string()];
        self.database.one(Query::new(sql, key), rows::account).await
    }

    async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        let sql =
            format!("SELECT {ACCOUNT} FROM account WHERE realm = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        let key = values![realm.to_string(), page(before), size(limit)];
        self.database.all(Query::new(sql, key), rows::account).await
    }

    async fn entries(
        &self,
        account: AccountId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let sql =
            format!("SELECT {ENTRY} FROM entry WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        let key = values![account.to_string(), page(before), size(limit)];
        self.database.all(Query::new(sql, key), rows::entry).await
    }

    async fn audit(&self) -> Result<Audit, StoreError> {
        audit::audit(&self.database).await
    }

    /// Locks the rows in the order of the jobs, as batches do.
    async fn renew(&self, leases: Vec<Lease>, lease: Duration) -> Result<Vec<JobId>, StoreError> {
        let sql = "WITH mine AS (SELECT due.job FROM job_due due \
                     JOIN unnest($1::text[], $2::bigint[]) AS lease (job, token) USING (job, token) \
                     WHERE due.lease_until IS NOT NULL ORDER BY due.job FOR UPDATE OF due) \
                   UPDATE job_due SET lease_until = coalesce($3::bigint, now_millis()) + $4 FROM mine \
                   WHERE job_due.job = mine.job RETURNING job_due.job";
        let jobs: Vec<_> = leases.iter().map(|lease| lease.job.to_string()).collect();
        let tokens: Vec<_> = leases.iter().map(|lease| lease.token.cast_signed()).collect();
        let renewal = values![jobs, tokens, self.database.moment(), millis(lease)];
        let renewed: Vec<JobId> =
            self.database.all(Query::new(sql, renewal), |row| rows::text(row, 0)).await?;
        Ok(leases.into_iter().map(|lease| lease.job).filter(|job| !renewed.contains(job)).collect())
    }

    async fn due(&self, until: Option<Timestamp>, limit: usize) -> Result<Vec<DueJob>, StoreError> {
        let sql = "SELECT job, priority, next_at FROM job_due, (SELECT coalesce($1::bigint, now_millis()) AS now) moment \
                   WHERE next_at <= coalesce($2::bigint, now) AND (parked = 0 OR next_at <= now) AND (lease_until IS NULL OR lease_until <= now) \
                   ORDER BY next_at LIMIT $3";
        let key = values![self.database.moment(), until.map(Timestamp::millis), size(limit)];
        let read = |row: &Row| {
            Ok(DueJob {
                job: rows::text(row, 0)?,
                priority: rows::text(row, 1)?,
                next_at: rows::time(row, 2)?,
            })
        };
        self.database.all(Query::new(sql, key), read).await
    }

    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        let of = "SELECT id FROM job WHERE id = $1";
        Ok(self.views(of, values![id.to_string()]).await?.pop())
    }

    async fn needed(&self) -> Result<Needed, StoreError> {
        let sql = "SELECT DISTINCT job.model, attempt.provider, attempt.credential FROM job_due \
                   JOIN job ON job.id = job_due.job \
                   LEFT JOIN attempt ON attempt.owner = 'job:' || job.id AND attempt.number = job.attempts";
        let read = |row: &Row| {
            let credential: Option<String> = rows::get(row, 2)?;
            let attempt = match credential {
                Some(credential) => Some((rows::text(row, 1)?, credential)),
                None => None,
            };
            Ok((rows::text(row, 0)?, attempt))
        };
        let mut needed = Needed::default();
        for (model, attempt) in self.database.all(Query::new(sql, Vec::new()), read).await? {
            needed.models.insert(model);
            needed.credentials.extend(attempt);
        }
        Ok(needed)
    }

    async fn jobs(
        &self,
        account: AccountId,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, StoreError> {
        let of = "SELECT id FROM job WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        self.views(of, values![account.to_string(), page(before), size(limit)]).await
    }

    async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, StoreError> {
        let after = page.after.map(|id| id.to_string());
        let (after, next) = match page.is_oldest_first {
            true => (after.unwrap_or_default(), "id > $2 ORDER BY id"),
            false => (after.unwrap_or_else(|| LAST.to_owned()), "id < $2 ORDER BY id DESC"),
        };
        let of = format!(
            "SELECT id FROM job WHERE account = $1 AND modality = 'video' AND deletion = 'kept' AND {next} LIMIT $3"
        );
        let mut views = self.views(&of, values![account.to_string(), after, size(page.limit)]).await?;
        if page.is_oldest_first {
            views.reverse();
        }
        Ok(views)
    }

    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError> {
        let sql = format!("SELECT {EVENT} FROM job_event WHERE job = $1 AND version > $2 ORDER BY version");
        let key = values![job.to_string(), i64::from(after_version)];
        self.database.all(Query::new(sql, key), rows::event).await
    }

    async fn idempotency(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, StoreError> {
        let sql = format!(
            "SELECT {IDEMPOTENCY} FROM idempotency \
             WHERE account = (SELECT id FROM account WHERE realm = $1 AND external_id = $2) \
             AND method = $3 AND path = $4 AND key = $5"
        );
        let Subject { realm, external_id } = &scope.subject;
        let IdempotencyScope { method, path, key, .. } = scope.clone();
        let key = values![realm.to_string(), external_id.to_string(), method, path, key];
        self.database.one(Query::new(sql, key), rows::idempotency).await
    }

    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "WITH answers AS (DELETE FROM call_answer WHERE created_at < $1), \
                     requests AS (DELETE FROM key_request WHERE created_at < $1), \
                     empty AS (DELETE FROM conversation WHERE next_number = 1 AND last_message_at < $1) \
                   DELETE FROM idempotency WHERE created_at < $1";
        self.database.execute(Query::new(sql, values![before.millis()])).await
    }

    async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError> {
        let sql = "SELECT id FROM call, (SELECT coalesce($1::bigint, now_millis()) AS now) moment \
                   WHERE state = 'open' AND NOT EXISTS \
                   (SELECT 1 FROM instance WHERE instance.id = call.instance AND lease_until > now) LIMIT $2";
        let key = values![self.database.moment(), size(limit)];
        self.database.all(Query::new(sql, key), |row| rows::text(row, 0)).await
    }

    async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError> {
        let call = format!("SELECT {CALL} FROM call WHERE id = $1");
        let attempts = format!("SELECT {ATTEMPT} FROM attempt WHERE owner = $1 ORDER BY number");
        let reads = vec![
            Query::new(call, values![id.to_string()]),
            Query::new(attempts, values![Owner::Call(id).to_string()]),
        ];
        let found = self.database.snapshot(reads).await?;
        let [call, attempts] = &found[..] else { return Ok(None) };
        let Some(call) = read_all(call, rows::call)?.pop() else { return Ok(None) };
        Ok(Some(CallView { call, attempts: read_all(attempts, rows::attempt)? }))
    }

    async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError> {
        let sql = format!("SELECT {CALL_ANSWER} FROM call_answer WHERE call = $1");
        self.database.one(Query::new(sql, values![id.to_string()]), rows::call_answer).await
    }
}

impl PostgresStore {
    /// The jobs whose ids `of` selects, the newest first, with all that belongs to them: one statement, so that they
    /// belong together. Each row brings one part of a job. `OFFSET 0` keeps the plan from reading a table whole.
    pub(super) async fn views(&self, of: &str, key: Vec<Value<'static>>) -> Result<Vec<JobView>, StoreError> {
        let sql = format!(
            "SELECT job.*, attempt.*, artifact.* FROM ({of}) of CROSS JOIN (VALUES (0), (1), (2)) part (kind) \
             LEFT JOIN LATERAL \
               (SELECT {JOB} FROM job WHERE kind = 0 AND job.id = of.id OFFSET 0) job ON true \
             LEFT JOIN LATERAL \
               (SELECT {ATTEMPT} FROM attempt WHERE kind = 1 AND owner = 'job:' || of.id OFFSET 0) attempt ON true \
             LEFT JOIN LATERAL \
               (SELECT {ARTIFACT} FROM artifact WHERE kind = 2 AND artifact.job = of.id OFFSET 0) artifact ON true \
             ORDER BY of.id DESC, kind, attempt.number, artifact.number"
        );
        let mut views = Vec::<JobView>::new();
        for part in self.database.all(Query::new(sql, key), part).await? {
            match (part, views.last_mut()) {
                (Part::Job(job), _) => {
                    views.push(JobView { job: *job, attempts: Vec::new(), artifacts: Vec::new() });
                }
                (Part::Attempt(attempt), Some(view)) => view.attempts.push(*attempt),
                (Part::Artifact(artifact), Some(view)) => view.artifacts.push(artifact),
                _ => {}
            }
        }
        Ok(views)
    }
}

/// What one row brings of a job; the job itself comes first.
enum Part {
    Job(Box<Job>),
    Attempt(Box<Attempt>),
    Artifact(Artifact),
    /// There is nothing of that kind.
    None,
}

const ATTEMPT_AT: usize = columns(JOB);
const ARTIFACT_AT: usize = ATTEMPT_AT + columns(ATTEMPT);

/// How many columns such a list has.
const fn columns(list: &str) -> usize {
    let (bytes, mut at, mut count) = (list.as_bytes(), 0, 1);
    while at < bytes.len() {
        assert!(bytes[at] != b'(', "an expression may have commas of its own");
        count += (bytes[at] == b',') as usize;
        at += 1;
    }
    count
}

fn part(row: &Row) -> Result<Part, Fault> {
    let is_there = |first| Ok::<_, Fault>(rows::get::<Option<String>>(row, first)?.is_some());
    Ok(if is_there(0)? {
        Part::Job(Box::new(rows::job(row)?))
    } else if is_there(ATTEMPT_AT)? {
        Part::Attempt(Box::new(rows::attempt_at(row, ATTEMPT_AT)?))
    } else if is_there(ARTIFACT_AT)? {
        Part::Artifact(rows::artifact_at(row, ARTIFACT_AT)?)
    } else {
        Part::None
    })
}

/// Where a page of a list begins.
pub(super) fn page(before: Option<impl ToString>) -> String {
    before.map_or_else(|| LAST.to_owned(), |id| id.to_string())
}

/// How many rows a page has at most.
pub(super) fn size(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
