//! Locks and reads the rows that a batch decides over, all in one round trip.
//!
//! Whatever belongs to an account changes only under that account's lock, so the accounts are locked first, in the
//! order of their ids, and whoever holds them sees what nobody else can change. Each statement after the locks has
//! a snapshot of its own and sees what was committed until then. Rows may have come in after the locks were taken
//! whose account isn't among those locked: to this batch they aren't there yet. What doesn't belong to an account alone
//! is locked after that: due rows, which renewals of leases take too, in the order of the jobs, then the budgets of
//! keys, in the order of the keys. Nobody waits for an earlier kind while holding a later one.

use std::collections::BTreeSet;

use fourfold_domain::{AccountId, Subject};
use tokio_postgres::Row;

use super::fault::Fault;
use super::query::{Query, Value, values};
use super::rows::{
    self, ACCOUNT, ATTEMPT, BUDGET, CALL, CONVERSATION, DELIVERY, DUE, ENTRY, FILE, HOLD, IDEMPOTENCY, JOB,
    STOPPED_URL, WEBHOOK_SECRET,
};
use crate::commit::{Needs, World};
use crate::credits::Owner;
use crate::files::FileUsage;
use crate::idempotency::IdempotencyScope;
use crate::jobs::{Admission, PROMOTED_MAX};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ask {
    Begin,
    Accounts,
    Jobs,
    Due,
    Budgets,
    Moment,
    Attempts,
    Holds,
    Calls,
    Operations,
    Idempotency,
    Conversations,
    Files,
    FileUsage,
    Running,
    Parked,
    Deliveries,
    StoppedUrls,
    WebhookSecrets,
}

/// What a batch asks for, in order. The answers are read in this order too.
pub(super) fn queries(needs: &Needs) -> (Vec<Ask>, Vec<Query<'_>>) {
    let ids = |ids: &mut dyn Iterator<Item = String>| ids.collect::<Vec<_>>();
    let jobs = || ids(&mut needs.jobs.iter().map(ToString::to_string));
    let calls = || ids(&mut needs.calls.iter().map(ToString::to_string));
    let files = || ids(&mut needs.files.iter().map(ToString::to_string));
    let keys = || ids(&mut needs.keys.iter().map(ToString::to_string));
    let deliveries = || ids(&mut needs.deliveries.iter().map(ToString::to_string));
    let (has_jobs, has_calls) = (!needs.jobs.is_empty(), !needs.calls.is_empty());
    let (has_scopes, has_files) = (!needs.idempotency.is_empty(), !needs.files.is_empty());
    let (realms, external_ids) = subjects(
        needs
            .subjects
            .iter()
            .chain(&needs.file_usage)
            .chain(&needs.admissions.subjects)
            .chain(&needs.webhook_secrets)
            .chain(needs.idempotency.iter().map(|scope| &scope.subject)),
    );
    let (usage_realms, usage_ids) = subjects(needs.file_usage.iter());
    let names = || {
        let names = needs.conversations.iter().map(|name| (name.realm.as_str(), name.external_id.as_str()));
        names.unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (name_realms, name_ids) = names();

    let mut asked = vec![Ask::Begin];
    let mut queries = vec![Query::new("BEGIN ISOLATION LEVEL READ COMMITTED", Vec::new())];
    let mut ask = |what: Ask, wanted: bool, sql: String, values| {
        if wanted {
            asked.push(what);
            queries.push(Query::new(sql, values));
        }
    };
    let promoted = || ids(&mut needs.admissions.accounts.iter().map(ToString::to_string));
    let locked = values![
        realms,
        external_ids,
        jobs(),
        calls(),
        files(),
        &needs.operations,
        promoted(),
        deliveries(),
        name_realms,
        name_ids
    ];
    ask(Ask::Accounts, true, lock_accounts(), locked);
    let sql = format!("SELECT {JOB} FROM job WHERE id = ANY ($1)");
    ask(Ask::Jobs, has_jobs, sql, values![jobs()]);
    let sql = format!("SELECT {DUE} FROM job_due WHERE job = ANY ($1) ORDER BY job FOR UPDATE");
    ask(Ask::Due, has_jobs, sql, values![jobs()]);
    let sql = format!(
        "SELECT {BUDGET}, key FROM key_budget WHERE key = ANY (ARRAY (SELECT unnest($1::text[]) \
         UNION SELECT key FROM hold WHERE id = ANY (ARRAY (SELECT hold FROM job WHERE id = ANY ($2) \
         UNION ALL SELECT hold FROM call WHERE id = ANY ($3))))) ORDER BY key FOR UPDATE"
    );
    let has_keys = !needs.keys.is_empty() || has_jobs || has_calls;
    ask(Ask::Budgets, has_keys, sql, values![keys(), jobs(), calls()]);
    ask(Ask::Moment, true, "SELECT now_millis()".to_owned(), Vec::new());
    let sql = format!(
        "SELECT {ATTEMPT} FROM attempt \
         WHERE (owner, number) IN (SELECT 'job:' || id, attempts FROM job WHERE id = ANY ($1))"
    );
    ask(Ask::Attempts, has_jobs, sql, values![jobs()]);
    let sql = format!(
        "SELECT {HOLD} FROM hold WHERE id = ANY (ARRAY (SELECT hold FROM job WHERE id = ANY ($1) \
         UNION ALL SELECT hold FROM call WHERE id = ANY ($2)))"
    );
    ask(Ask::Holds, has_jobs || has_calls, sql, values![jobs(), calls()]);
    let sql = format!(
        "SELECT {CALL} FROM call WHERE id = ANY (ARRAY (SELECT unnest($6::text[]) \
         UNION SELECT substr(i.owner, 6) {SCOPES} WHERE i.owner LIKE 'call:%'))"
    );
    let of_calls = scopes(&needs.idempotency).into_iter().chain(values![calls()]).collect();
    ask(Ask::Calls, has_calls || has_scopes, sql, of_calls);
    let sql = format!("SELECT {ENTRY} FROM entry WHERE operation = ANY ($1)");
    ask(Ask::Operations, !needs.operations.is_empty(), sql, values![&needs.operations]);
    let sql = format!(
        "SELECT {IDEMPOTENCY}, realm, external_id, method, path, key \
         FROM (SELECT i.*, s.realm, s.external_id {SCOPES}) record"
    );
    ask(Ask::Idempotency, has_scopes, sql, scopes(&needs.idempotency));
    let sql = format!(
        "SELECT {CONVERSATION} FROM conversation \
         JOIN unnest($1::text[], $2::text[]) AS named (realm, external_id) USING (realm, external_id)"
    );
    let (name_realms, name_ids) = names();
    let has_conversations = !needs.conversations.is_empty();
    ask(Ask::Conversations, has_conversations, sql, values![name_realms, name_ids]);
    let sql = format!(
        "SELECT {FILE} FROM file WHERE id = ANY (ARRAY (SELECT unnest($6::text[]) \
         UNION SELECT json_array_elements_text(files::json) FROM job WHERE id = ANY ($7) \
         UNION SELECT substr(i.owner, 6) {SCOPES} WHERE i.owner LIKE 'file:%'))"
    );
    let of_files = scopes(&needs.idempotency).into_iter().chain(values![files(), jobs()]).collect();
    ask(Ask::Files, has_files || has_jobs || has_scopes, sql, of_files);
    let sql = "SELECT account, count(*), coalesce(sum(size_bytes), 0)::bigint FROM file \
               WHERE state IN ('incoming', 'stored') AND account = ANY (ARRAY (SELECT a.id FROM account a \
               JOIN unnest($1::text[], $2::text[]) AS s (realm, external_id) USING (realm, external_id))) \
               GROUP BY account";
    ask(Ask::FileUsage, !needs.file_usage.is_empty(), sql.to_owned(), values![usage_realms, usage_ids]);
    let endings = || ids(&mut needs.admissions.endings.iter().map(ToString::to_string));
    let (admitted_realms, admitted_ids) = subjects(needs.admissions.subjects.iter());
    let cap = i64::try_from(needs.admissions.cap).unwrap_or(i64::MAX);
    let is_capped = needs.admissions.cap > 0 && cap < i64::MAX;
    let of_accounts = values![admitted_realms, admitted_ids, endings(), promoted()];
    ask(Ask::Running, is_capped, RUNNING.to_owned(), of_accounts);
    let may_promote = !needs.admissions.endings.is_empty() || !needs.admissions.accounts.is_empty();
    let most = i64::try_from(PROMOTED_MAX).unwrap_or(i64::MAX);
    ask(Ask::Parked, may_promote, parked(), values![endings(), promoted(), cap, most]);
    // Those on their way to the same endpoints too, whoever's: they are only counted.
    let sql = format!(
        "SELECT {DELIVERY} FROM webhook_delivery WHERE id = ANY ($1) OR (lease_until IS NOT NULL AND endpoint = ANY ( \
           ARRAY (SELECT endpoint FROM webhook_delivery WHERE id = ANY ($1))))"
    );
    let has_deliveries = !needs.deliveries.is_empty();
    ask(Ask::Deliveries, has_deliveries, sql, values![deliveries()]);
    let sql = format!(
        "SELECT {STOPPED_URL} FROM webhook_stopped_url \
         WHERE (account, url) IN (SELECT account, url FROM webhook_delivery WHERE id = ANY ($1))"
    );
    ask(Ask::StoppedUrls, has_deliveries, sql, values![deliveries()]);
    let sql = format!(
        "SELECT {WEBHOOK_SECRET} FROM webhook_secret WHERE account = ANY (ARRAY (SELECT a.id FROM account a \
         JOIN unnest($1::text[], $2::text[]) AS s (realm, external_id) USING (realm, external_id)))"
    );
    let (secret_realms, secret_ids) = subjects(needs.webhook_secrets.iter());
    let has_secrets = !needs.webhook_secrets.is_empty();
    ask(Ask::WebhookSecrets, has_secrets, sql, values![secret_realms, secret_ids]);
    (asked, queries)
}

/// The rows that were found. An account is there only when it is locked, and so is what belongs to it.
pub(super) fn world(needs: &Needs, asked: &[Ask], answers: &[Vec<Row>]) -> Result<World, Fault> {
    let mut world = World::default();
    for (ask, rows) in asked.iter().zip(answers) {
        for row in rows {
            take(&mut world, *ask, row)?;
        }
    }
    for subject in &needs.file_usage {
        if let Some(account) = world.subjects.get(subject).copied()
            && world.file_usage.get(&account).is_none()
        {
            world.file_usage.load(account, FileUsage::default());
        }
    }
    Ok(world)
}

fn take(world: &mut World, ask: Ask, row: &Row) -> Result<(), Fault> {
    match ask {
        Ask::Begin => {}
        Ask::Moment => world.now = rows::time(row, 0)?,
        Ask::Accounts => {
            let account = rows::account(row)?;
            world.subjects.load(account.subject.clone(), account.id);
            world.accounts.load(account.id, account);
        }
        Ask::Jobs => {
            let job = rows::job(row)?;
            if is_locked(world, job.account) {
                world.jobs.load(job.id, job);
            }
        }
        Ask::Due => {
            let due = rows::due(row)?;
            if world.jobs.get(&due.job).is_some() {
                world.due.load(due.job, due);
            }
        }
        Ask::Budgets => world.budgets.load(rows::text(row, 3)?, rows::budget(row)?),
        Ask::Attempts => {
            let attempt = rows::attempt(row)?;
            if matches!(attempt.owner, Owner::Job(job) if world.jobs.get(&job).is_some()) {
                world.attempts.load((attempt.owner, attempt.number), attempt);
            }
        }
        Ask::Holds => {
            let hold = rows::hold(row)?;
            if is_locked(world, hold.account) {
                world.holds.load(hold.id, hold);
            }
        }
        Ask::Calls => {
            let call = rows::call(row)?;
            if is_locked(world, call.account) {
                world.calls.load(call.id, call);
            }
        }
        Ask::Operations => {
            let entry = rows::entry(row)?;
            if is_locked(world, entry.account) {
                world.operations.load(entry.operation.clone(), entry);
            }
        }
        Ask::Idempotency => {
            let record = rows::idempotency(row)?;
            let subject = Subject { realm: rows::text(row, 4)?, external_id: rows::text(row, 5)? };
            let (method, path, key) = (rows::get(row, 6)?, rows::get(row, 7)?, rows::get(row, 8)?);
            if is_locked(world, record.account) {
                world.idempotency.load(IdempotencyScope { subject, method, path, key }, record);
            }
        }
        Ask::Conversations => {
            let conversation = rows::conversation(row)?;
            if is_locked(world, conversation.account) {
                world.conversations.load(conversation.name.clone(), conversation);
            }
        }
        Ask::Files => {
            let file = rows::file(row)?;
            if is_locked(world, file.account) {
                world.files.load(file.id, file);
            }
        }
        Ask::Running => {
            let account = rows::text(row, 0)?;
            if is_locked(world, account) {
                let running = rows::number(row, 1)?;
                world.admissions.load(account, Admission { running, ..Admission::default() });
            }
        }
        Ask::Parked => {
            let due = rows::due(row)?;
            if is_locked(world, due.account) {
                let mut admission = world.admissions.get(&due.account).cloned().unwrap_or_default();
                admission.parked.insert((due.priority, due.job));
                world.admissions.load(due.account, admission);
                world.due.load(due.job, due);
            }
        }
        Ask::FileUsage => {
            let account = rows::text(row, 0)?;
            if is_locked(world, account) {
                let usage = FileUsage { count: rows::number(row, 1)?, size_bytes: rows::number(row, 2)? };
                world.file_usage.load(account, usage);
            }
        }
        Ask::Deliveries => {
            let delivery = rows::delivery(row)?;
            if is_locked(world, delivery.account) || delivery.lease_until.is_some() {
                world.deliveries.load(delivery.id, delivery);
            }
        }
        Ask::StoppedUrls => {
            let stopped = rows::stopped_url(row)?;
            if is_locked(world, stopped.account) {
                world.stopped_urls.load((stopped.account, stopped.url.clone()), stopped);
            }
        }
        Ask::WebhookSecrets => {
            let secret = rows::webhook_secret(row)?;
            if is_locked(world, secret.account) {
                world.webhook_secrets.load(secret.id, secret);
            }
        }
    }
    Ok(())
}

fn is_locked(world: &World, account: AccountId) -> bool {
    world.accounts.get(&account).is_some()
}

/// Locks every account that the batch reaches, and reads it as it is under the lock.
fn lock_accounts() -> String {
    format!(
        "SELECT {ACCOUNT} FROM account WHERE id = ANY (ARRAY ( \
           SELECT a.id FROM account a JOIN unnest($1::text[], $2::text[]) AS s (realm, external_id) \
             USING (realm, external_id) \
           UNION SELECT account FROM job WHERE id = ANY ($3) \
           UNION SELECT account FROM call WHERE id = ANY ($4) \
           UNION SELECT account FROM file WHERE id = ANY ($5) \
           UNION SELECT account FROM entry WHERE operation = ANY ($6) \
           UNION SELECT unnest($7::text[]) \
           UNION SELECT account FROM webhook_delivery WHERE id = ANY ($8) \
           UNION SELECT c.account FROM conversation c JOIN unnest($9::text[], $10::text[]) AS named (realm, external_id) \
             USING (realm, external_id) \
         )) ORDER BY id FOR UPDATE"
    )
}

/// How many jobs the accounts run of the subjects `$1` and `$2`, of the jobs `$3`, and of `$4`. They change only under
/// the locks of their accounts.
const RUNNING: &str = "SELECT account, count(*) FROM job_due WHERE parked = 0 AND late_until IS NULL \
     AND account = ANY (ARRAY (SELECT a.id FROM account a JOIN unnest($1::text[], $2::text[]) AS s (realm, external_id) \
         USING (realm, external_id) \
       UNION SELECT account FROM job WHERE id = ANY ($3) UNION SELECT unnest($4::text[]))) GROUP BY account";

/// The parked jobs of accounts that may go on, the first first: one in the place of each of the jobs `$1`, and as many
/// as there is room for below `$3`, at most `$4`, also of the accounts `$2`. Nobody holds a lease of them, so that the
/// locks of their accounts are enough.
fn parked() -> String {
    format!(
        "SELECT due.* FROM (SELECT account, sum(freed)::bigint AS freed FROM \
             (SELECT account, 1 AS freed FROM job WHERE id = ANY ($1) UNION ALL SELECT unnest($2::text[]), 0) ending \
             GROUP BY account) freed, \
           LATERAL (SELECT count(*) AS running FROM job_due \
             WHERE account = freed.account AND parked = 0 AND late_until IS NULL) now, \
           LATERAL (SELECT {DUE} FROM job_due WHERE job_due.account = freed.account AND parked = 1 \
             ORDER BY (CASE priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END), job \
             LIMIT freed.freed + least(greatest($3::bigint - now.running, 0), $4::bigint)) due"
    )
}

/// The records of the scopes `$1` to `$5`.
const SCOPES: &str = "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) \
     AS s (realm, external_id, method, path, key) \
     JOIN account a ON a.realm = s.realm AND a.external_id = s.external_id \
     JOIN idempotency i ON i.account = a.id AND i.method = s.method AND i.path = s.path AND i.key = s.key";

fn scopes(scopes: &[IdempotencyScope]) -> Vec<Value<'_>> {
    let column = |of: fn(&IdempotencyScope) -> &str| scopes.iter().map(of).collect::<Vec<_>>();
    values![
        column(|scope| scope.subject.realm.as_str()),
        column(|scope| scope.subject.external_id.as_str()),
        column(|scope| &scope.method),
        column(|scope| &scope.path),
        column(|scope| &scope.key),
    ]
}

/// These subjects, each once.
fn subjects<'a>(named: impl Iterator<Item = &'a Subject>) -> (Vec<&'a str>, Vec<&'a str>) {
    let each: BTreeSet<(&str, &str)> =
        named.map(|subject| (subject.realm.as_str(), subject.external_id.as_str())).collect();
    each.into_iter().unzip()
}
