//! Reads the rows that a batch decides over, each by its key, inside the batch's transaction, where they aren't at
//! hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fourfold_domain::{AccountId, CallId, EventId, FileId, HoldId, JobId, KeyId, Subject};
use rusqlite::{OptionalExtension as _, Params, Row, Transaction};

use super::reads::all;
use super::rows::{
    self, ACCOUNT, ATTEMPT, BUDGET, CALL, CONVERSATION, DELIVERY, DUE, ENTRY, FILE, HOLD, IDEMPOTENCY, JOB,
    STOPPED_URL, WEBHOOK_SECRET,
};
use crate::commit::{AdmissionNeeds, Needs, World};
use crate::credits::Owner;
use crate::files::FileUsage;
use crate::idempotency::Made;
use crate::jobs::{Admission, PROMOTED_MAX};

pub(super) fn load(transaction: &Transaction<'_>, needs: &Needs, world: &mut World) -> rusqlite::Result<()> {
    let rows = Rows { transaction };
    for subject in &needs.subjects {
        if world.subjects.get(subject).is_some() {
            continue;
        }
        let key = (subject.realm.as_str(), subject.external_id.as_str());
        if let Some(account) =
            rows.one(ACCOUNT, "account WHERE realm = ?1 AND external_id = ?2", key, rows::account)?
        {
            world.subjects.load(subject.clone(), account.id);
            world.accounts.load(account.id, account);
        }
    }
    for job in &needs.jobs {
        rows.job(world, *job)?;
    }
    for call in &needs.calls {
        rows.call(world, *call)?;
        if let Some(call) = world.calls.get(call) {
            let (hold, account) = (call.hold, call.account);
            rows.hold_and_account(world, hold, account)?;
        }
    }
    for key in &needs.keys {
        rows.budget(world, *key)?;
    }
    for operation in &needs.operations {
        if let Some(entry) = rows.one(ENTRY, "entry WHERE operation = ?1", [operation], rows::entry)? {
            world.operations.load(operation.clone(), entry);
        }
    }
    for scope in &needs.idempotency {
        let Some(account) = world.subjects.get(&scope.subject).copied() else { continue };
        let key = (account.to_string(), &scope.method, &scope.path, &scope.key);
        let table = "idempotency WHERE account = ?1 AND method = ?2 AND path = ?3 AND key = ?4";
        let record = rows.one(IDEMPOTENCY, table, key, rows::idempotency)?;
        if let Some(record) = record {
            match record.made {
                Made::File(file) => rows.file(world, file)?,
                Made::Work(Owner::Call(call)) => rows.call(world, call)?,
                // A subject brings its secrets along.
                Made::Work(Owner::Job(_)) | Made::WebhookSecret(_) => {}
            }
            world.idempotency.load(scope.clone(), record);
        }
    }
    for file in &needs.files {
        rows.file(world, *file)?;
    }
    for subject in &needs.file_usage {
        rows.file_usage(world, subject)?;
    }
    for name in &needs.conversations {
        let key = (name.realm.as_str(), name.external_id.as_str());
        let table = "conversation WHERE realm = ?1 AND external_id = ?2";
        if let Some(conversation) = rows.one(CONVERSATION, table, key, rows::conversation)? {
            world.conversations.load(name.clone(), conversation);
        }
    }
    for delivery in &needs.deliveries {
        rows.delivery(world, *delivery)?;
    }
    for subject in &needs.webhook_secrets {
        rows.webhook_secrets(world, subject)?;
    }
    admissions(&rows, &needs.admissions, world)
}

/// How many jobs the accounts run, and those of the parked that may go on.
fn admissions(rows: &Rows<'_>, needs: &AdmissionNeeds, world: &mut World) -> rusqlite::Result<()> {
    let mut freed: BTreeMap<AccountId, Option<usize>> = BTreeMap::new();
    for account in needs.subjects.iter().filter_map(|subject| world.subjects.get(subject)) {
        freed.entry(*account).or_default();
    }
    for job in needs.endings.iter().filter_map(|job| world.jobs.get(job)) {
        *freed.entry(job.account).or_default().get_or_insert(0) += 1;
    }
    for account in &needs.accounts {
        freed.entry(*account).or_default().get_or_insert(0);
    }
    for (account, freed) in freed {
        let id = account.to_string();
        let mut admission = Admission::default();
        if needs.cap < u64::MAX {
            let running = "job_due WHERE account = ?1 AND parked = 0 AND late_until IS NULL";
            admission.running = rows.one("count(*)", running, [&id], |row| row.get(0))?.unwrap_or(0);
        }
        if let Some(freed) = freed {
            let room = usize::try_from(needs.cap.saturating_sub(admission.running)).unwrap_or(usize::MAX);
            let sql = format!(
                "SELECT {DUE} FROM job_due WHERE account = ?1 AND parked = 1 \
                 ORDER BY (CASE priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END), job LIMIT ?2"
            );
            for due in all(rows.transaction, &sql, (&id, freed + room.min(PROMOTED_MAX)), rows::due)? {
                admission.parked.insert((due.priority, due.job));
                world.due.load(due.job, due);
            }
        }
        world.admissions.load(account, admission);
    }
    Ok(())
}

struct Rows<'a> {
    transaction: &'a Transaction<'a>,
}

impl Rows<'_> {
    fn one<T>(
        &self,
        columns: &str,
        from: &str,
        key: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        let mut sql = String::with_capacity(256);
        // Writing to a string can't fail.
        let _written = write!(sql, "SELECT {columns} FROM {from}");
        self.transaction.prepare_cached(&sql)?.query_row(key, read).optional()
    }

    /// The job, its due row, its latest attempt, its hold, its account and its files.
    fn job(&self, world: &mut World, id: JobId) -> rusqlite::Result<()> {
        let key = id.to_string();
        if world.jobs.get(&id).is_none() {
            let Some(job) = self.one(JOB, "job WHERE id = ?1", [&key], rows::job)? else { return Ok(()) };
            world.jobs.load(id, job);
        }
        let Some(job) = world.jobs.get(&id) else { return Ok(()) };
        let (hold, account, number, files) = (job.hold, job.account, job.attempts, job.files.clone());
        if world.due.get(&id).is_none()
            && let Some(due) = self.one(DUE, "job_due WHERE job = ?1", [&key], rows::due)?
        {
            world.due.load(id, due);
        }
        let latest = (Owner::Job(id), number);
        if number > 0 && world.attempts.get(&latest).is_none() {
            let key = (latest.0.to_string(), number);
            let attempt = "attempt WHERE owner = ?1 AND number = ?2";
            if let Some(attempt) = self.one(ATTEMPT, attempt, key, rows::attempt)? {
                world.attempts.load(latest, attempt);
            }
        }
        for file in files.iter() {
            self.file(world, *file)?;
        }
        self.hold_and_account(world, hold, account)
    }

    fn call(&self, world: &mut World, id: CallId) -> rusqlite::Result<()> {
        if world.calls.get(&id).is_none()
            && let Some(call) = self.one(CALL, "call WHERE id = ?1", [id.to_string()], rows::call)?
        {
            world.calls.load(id, call);
        }
        Ok(())
    }

    fn file(&self, world: &mut World, id: FileId) -> rusqlite::Result<()> {
        if world.files.get(&id).is_none()
            && let Some(file) = self.one(FILE, "file WHERE id = ?1", [id.to_string()], rows::file)?
        {
            world.files.load(id, file);
        }
        Ok(())
    }

    fn budget(&self, world: &mut World, key: KeyId) -> rusqlite::Result<()> {
        if world.budgets.get(&key).is_none()
            && let Some(budget) =
                self.one(BUDGET, "key_budget WHERE key = ?1", [key.to_string()], rows::budget)?
        {
            world.budgets.load(key, budget);
        }
        Ok(())
    }

    fn file_usage(&self, world: &mut World, subject: &Subject) -> rusqlite::Result<()> {
        let Some(account) = world.subjects.get(subject).copied() else { return Ok(()) };
        let read = |row: &Row<'_>| Ok(FileUsage { count: row.get(0)?, size_bytes: row.get(1)? });
        let table = "file WHERE account = ?1 AND state IN ('incoming', 'stored')";
        let sums = "count(*), coalesce(sum(size_bytes), 0)";
        if let Some(usage) = self.one(sums, table, [account.to_string()], read)? {
            world.file_usage.load(account, usage);
        }
        Ok(())
    }

    fn delivery(&self, world: &mut World, id: EventId) -> rusqlite::Result<()> {
        let Some(row) =
            self.one(DELIVERY, "webhook_delivery WHERE id = ?1", [id.to_string()], rows::delivery)?
        else {
            return Ok(());
        };
        let on_their_way = "webhook_delivery WHERE endpoint = ?1 AND lease_until > ?2";
        for other in
            self.all(DELIVERY, on_their_way, (row.url.endpoint(), world.now.millis()), rows::delivery)?
        {
            world.deliveries.load(other.id, other);
        }
        let url = (row.account.to_string(), row.url.as_str());
        let table = "webhook_stopped_url WHERE account = ?1 AND url = ?2";
        if let Some(stopped) = self.one(STOPPED_URL, table, url, rows::stopped_url)? {
            world.stopped_urls.load((stopped.account, stopped.url.clone()), stopped);
        }
        world.deliveries.load(id, row);
        Ok(())
    }

    fn webhook_secrets(&self, world: &mut World, subject: &Subject) -> rusqlite::Result<()> {
        let Some(account) = world.subjects.get(subject).copied() else { return Ok(()) };
        let table = "webhook_secret WHERE account = ?1";
        for secret in self.all(WEBHOOK_SECRET, table, [account.to_string()], rows::webhook_secret)? {
            world.webhook_secrets.load(secret.id, secret);
        }
        Ok(())
    }

    fn all<T>(
        &self,
        columns: &str,
        from: &str,
        key: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let sql = format!("SELECT {columns} FROM {from}");
        self.transaction.prepare_cached(&sql)?.query_map(key, read)?.collect()
    }

    fn hold_and_account(&self, world: &mut World, hold: HoldId, account: AccountId) -> rusqlite::Result<()> {
        if world.holds.get(&hold).is_none()
            && let Some(row) = self.one(HOLD, "hold WHERE id = ?1", [hold.to_string()], rows::hold)?
        {
            world.holds.load(hold, row);
        }
        if let Some(key) = world.holds.get(&hold).and_then(|hold| hold.key) {
            self.budget(world, key)?;
        }
        if world.accounts.get(&account).is_none()
            && let Some(row) =
                self.one(ACCOUNT, "account WHERE id = ?1", [account.to_string()], rows::account)?
        {
            world.subjects.load(row.subject.clone(), account);
            world.accounts.load(account, row);
        }
        Ok(())
    }
}
