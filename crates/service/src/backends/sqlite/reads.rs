//! Reading beside the writer: a few connections, each lent to one read at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{AccountId, CallId, EntryId, JobId, Realm, Subject};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use tokio::sync::Semaphore;

use super::connection::{SqliteError, open_to_read};
use super::rows::{self, ACCOUNT, ARTIFACT, ATTEMPT, CALL, CALL_ANSWER, ENTRY, EVENT, IDEMPOTENCY, JOB};
use super::{SqliteStore, audit, failed};
use crate::Timestamp;
use crate::calls::{CallAnswer, CallView};
use crate::clock::Clock;
use crate::credits::{Account, Entry, Owner};
use crate::error::StoreError;
use crate::idempotency::{IdempotencyRecord, IdempotencyScope};
use crate::jobs::{Attempt, JobEvent, JobView, Lease};
use crate::ports::{Audit, DueJob, Needed, Reads, VideoPage};

/// Newer than every id, for a list's first page.
const LAST: &str = "~";

/// The connections for reading. A read takes one from the pile and puts it back.
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

impl Readers {
    pub(super) fn open(path: &Path, count: usize, clock: Arc<dyn Clock>) -> Result<Self, SqliteError> {
        let idle = (0..count.max(1)).map(|_| open_to_read(path)).collect::<Result<Vec<_>, _>>()?;
        let permits = Arc::new(Semaphore::new(idle.len()));
        Ok(Self { idle: Arc::new(Mutex::new(idle)), permits, clock })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Reads on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit =
            self.permits.clone().acquire_owned().await.map_err(|closed| StoreError::Failed(closed.into()))?;
        let idle = self.idle.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = taken.ok_or_else(|| StoreError::Failed("no connection is idle".into()))?;
            // A read that panics must not take its connection along.
            let result = catch_unwind(AssertUnwindSafe(|| read(&mut connection)));
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(permit);
            result.unwrap_or_else(|panic| resume_unwind(panic)).map_err(failed)
        });
        reading.await.map_err(|panicked| StoreError::Failed(panicked.into()))?
    }
}

#[async_trait]
impl Reads for SqliteStore {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        let subject = subject.clone();
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE realm = ?1 AND external_id = ?2");
        let read = move |connection: &mut Connection| {
            let key = (subject.realm.as_str(), subject.external_id.as_str());
            connection.prepare_cached(&sql)?.query_row(key, rows::account).optional()
        };
        self.readers.read(read).await
    }

    async fn accounts(
        &self,
        realm: &Realm,
        before: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        let key = (realm.to_string(), page(before), limit);
        let sql =
            format!("SELECT {ACCOUNT} FROM account WHERE realm = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
        self.readers.read(move |connection| all(connection, &sql, key, rows::account)).await
    }

    async fn entries(
        &self,
        account: AccountId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let key = (account.to_string(), page(before), limit);
        let sql =
            format!("SELECT {ENTRY} FROM entry WHERE account = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
        self.readers.read(move |connection| all(connection, &sql, key, rows::entry)).await
    }

    async fn audit(&self) -> Result<Audit, StoreError> {
        self.readers.read(audit::audit).await
    }

    async fn renew(&self, leases: Vec<Lease>, lease: Duration) -> Result<Vec<JobId>, StoreError> {
        let clock = self.readers.clock.clone();
        let renew = move |connection: &mut Connection| {
            let until = clock.now().after(lease).millis();
            let transaction = connection.transaction().map_err(failed)?;
            let mut lost = Vec::new();
            {
                let sql = "UPDATE job_due SET lease_until = ?3 WHERE job = ?1 AND token = ?2 AND lease_until IS NOT NULL";
                let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
                for lease in leases {
                    let key = (lease.job.to_string(), lease.token, until);
                    if statement.execute(key).map_err(failed)? == 0 {
                        lost.push(lease.job);
                    }
                }
            }
            transaction.commit().map_err(failed)?;
            Ok(lost)
        };
        self.writer.alone(renew).await
    }

    async fn due(&self, until: Option<Timestamp>, limit: usize) -> Result<Vec<DueJob>, StoreError> {
        let now = self.readers.clock.now();
        let key = (now.millis(), until.unwrap_or(now).millis(), limit);
        let sql = "SELECT job, priority, next_at FROM job_due \
                   WHERE next_at <= ?2 AND (parked = 0 OR next_at <= ?1) AND (lease_until IS NULL OR lease_until <= ?1) ORDER BY next_at LIMIT ?3";
        let read = |row: &Row<'_>| {
            let next_at = Timestamp::from_millis(row.get(2)?);
            Ok(DueJob { job: rows::text(row, 0)?, priority: rows::text(row, 1)?, next_at })
        };
        self.readers.read(move |connection| all(connection, sql, key, read)).await
    }

    async fn job(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        let read = move |connection: &mut Connection| {
            // One snapshot, so that the job and its attempts belong together.
            let transaction = connection.transaction()?;
            let sql = format!("SELECT {JOB} FROM job WHERE id = ?1");
            let job = transaction.prepare_cached(&sql)?.query_row([id.to_string()], rows::job).optional()?;
            job.map(|job| view(&transaction, job)).transpose()
        };
        self.readers.read(read).await
    }

    async fn needed(&self) -> Result<Needed, StoreError> {
        let sql = "SELECT DISTINCT job.model, attempt.provider, attempt.credential FROM job_due \
                   JOIN job ON job.id = job_due.job \
                   LEFT JOIN attempt ON attempt.owner = 'job:' || job.id AND attempt.number = job.attempts";
        let read = |row: &Row<'_>| {
            let credential: Option<String> = row.get(2)?;
            let attempt =
                credential.map(|credential| Ok::<_, rusqlite::Error>((rows::text(row, 1)?, credential)));
            Ok((rows::text(row, 0)?, attempt.transpose()?))
        };
        let found = self.readers.read(move |connection| all(connection, sql, (), read)).await?;
        let mut needed = Needed::default();
        for (model, attempt) in found {
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
        let key = (account.to_string(), page(before), limit);
        let read = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let sql =
                format!("SELECT {JOB} FROM job WHERE account = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
            let jobs = all(&transaction, &sql, key, rows::job)?;
            jobs.into_iter().map(|job| view(&transaction, job)).collect()
        };
        self.readers.read(read).await
    }

    async fn videos(&self, account: AccountId, page: VideoPage) -> Result<Vec<JobView>, StoreError> {
        let after = page.after.map(|id| id.to_string());
        let (after, next) = match page.is_oldest_first {
            true => (after.unwrap_or_default(), "id > ?2 ORDER BY id"),
            false => (after.unwrap_or_else(|| LAST.to_owned()), "id < ?2 ORDER BY id DESC"),
        };
        let sql = format!(
            "SELECT {JOB} FROM job WHERE account = ?1 AND modality = 'video' AND deletion = 'kept' AND {next} LIMIT ?3"
        );
        let key = (account.to_string(), after, page.limit);
        let read = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let jobs = all(&transaction, &sql, key, rows::job)?;
            jobs.into_iter().map(|job| view(&transaction, job)).collect()
        };
        self.readers.read(read).await
    }

    async fn events(&self, job: JobId, after_version: u32) -> Result<Vec<JobEvent>, StoreError> {
        let key = (job.to_string(), after_version);
        let sql = format!("SELECT {EVENT} FROM job_event WHERE job = ?1 AND version > ?2 ORDER BY version");
        self.readers.read(move |connection| all(connection, &sql, key, rows::event)).await
    }

    async fn idempotency(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, StoreError> {
        let scope = scope.clone();
        let sql = format!(
            "SELECT {IDEMPOTENCY} FROM idempotency \
             WHERE account = (SELECT id FROM account WHERE realm = ?1 AND external_id = ?2) \
             AND method = ?3 AND path = ?4 AND key = ?5"
        );
        let read = move |connection: &mut Connection| {
            let Subject { realm, external_id } = &scope.subject;
            let key = (realm.as_str(), external_id.as_str(), &scope.method, &scope.path, &scope.key);
            connection.prepare_cached(&sql)?.query_row(key, rows::idempotency).optional()
        };
        self.readers.read(read).await
    }

    async fn forget_idempotency(&self, before: Timestamp) -> Result<(), StoreError> {
        let forget = move |connection: &mut Connection| {
            for sql in [
                "DELETE FROM idempotency WHERE created_at < ?1",
                "DELETE FROM key_request WHERE created_at < ?1",
                "DELETE FROM call_answer WHERE created_at < ?1",
                "DELETE FROM conversation WHERE next_number = 1 AND last_message_at < ?1",
            ] {
                connection.execute(sql, [before.millis()]).map_err(failed)?;
            }
            Ok(())
        };
        self.writer.alone(forget).await
    }

    async fn orphaned_calls(&self, limit: usize) -> Result<Vec<CallId>, StoreError> {
        let key = (self.readers.clock.now().millis(), limit);
        let sql = "SELECT id FROM call WHERE state = 'open' AND NOT EXISTS \
                   (SELECT 1 FROM instance WHERE instance.id = call.instance AND lease_until > ?1) LIMIT ?2";
        self.readers.read(move |connection| all(connection, sql, key, |row| rows::text(row, 0))).await
    }

    async fn call(&self, id: CallId) -> Result<Option<CallView>, StoreError> {
        let read = move |connection: &mut Connection| {
            let snapshot = connection.transaction()?;
            let sql = format!("SELECT {CALL} FROM call WHERE id = ?1");
            let call = snapshot.prepare_cached(&sql)?.query_row([id.to_string()], rows::call).optional()?;
            let Some(call) = call else { return Ok(None) };
            Ok(Some(CallView { call, attempts: attempts(&snapshot, Owner::Call(id))? }))
        };
        self.readers.read(read).await
    }

    async fn call_answer(&self, id: CallId) -> Result<Option<CallAnswer>, StoreError> {
        let read = move |connection: &mut Connection| {
            let sql = format!("SELECT {CALL_ANSWER} FROM call_answer WHERE call = ?1");
            connection.prepare_cached(&sql)?.query_row([id.to_string()], rows::call_answer).optional()
        };
        self.readers.read(read).await
    }
}

pub(super) fn view(connection: &Connection, job: crate::jobs::Job) -> rusqlite::Result<JobView> {
    let attempts = attempts(connection, Owner::Job(job.id))?;
    let artifacts = format!("SELECT {ARTIFACT} FROM artifact WHERE job = ?1 ORDER BY number");
    let artifacts = all(connection, &artifacts, [job.id.to_string()], rows::artifact)?;
    Ok(JobView { job, attempts, artifacts })
}

fn attempts(connection: &Connection, owner: Owner) -> rusqlite::Result<Vec<Attempt>> {
    let sql = format!("SELECT {ATTEMPT} FROM attempt WHERE owner = ?1 ORDER BY number");
    all(connection, &sql, [owner.to_string()], rows::attempt)
}

pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    key: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(key, read)?.collect()
}

/// Where a page of a list begins.
pub(super) fn page(before: Option<impl ToString>) -> String {
    before.map_or_else(|| LAST.to_owned(), |id| id.to_string())
}
