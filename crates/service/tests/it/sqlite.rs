//! The embedded database itself: what it refuses, and how it is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{FileId, InstanceId};
use fourfold_service::backends::{SqliteError, SqliteSettings, SqliteStore};
use fourfold_service::jobs::{Claim, RequestCancel, Submit, Submitted};
use fourfold_service::ports::{AccountStore as _, FileStore as _, JobStore as _};
use fourfold_service::testing::{account_subject, begin, complete_file, reserve_file, submit};
use fourfold_service::{Refusal, StoreError, SystemClock};
use rusqlite::Connection;
use uuid::Uuid;

use crate::ledger::grant;

/// A store with one account, which has a job that names a file.
async fn with_a_job(path: &Path) {
    let store = SqliteStore::open(&SqliteSettings::new(path), Arc::new(SystemClock)).unwrap();
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let file = FileId::new(Uuid::now_v7());
    store.reserve_files(reserve_file("u1", file)).await.unwrap();
    store.complete_file(complete_file("u1", file, 10)).await.unwrap();
    store.submit(Submit { files: vec![file], ..submit("u1", "0.04") }).await.unwrap();
}

#[tokio::test]
async fn the_database_itself_refuses_what_must_not_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    with_a_job(&path).await;
    let database = Connection::open(&path).unwrap();
    for (sql, reason) in [
        ("UPDATE entry SET amount = amount + 1", "never change"),
        ("UPDATE entry SET note = 'x'", "never change"),
        ("DELETE FROM entry", "never deleted"),
        ("REPLACE INTO entry SELECT * FROM entry", "never replaced"),
        ("UPDATE account SET available = -1", "account_available_not_negative"),
        ("UPDATE account SET held = -1", "account_held_not_negative"),
        ("UPDATE hold SET amount = -1", "hold_amount_not_negative"),
        ("UPDATE hold SET charged = amount + 1", "hold_charged_at_most_amount"),
        ("UPDATE hold SET state = 'settled', ended_at = 1", "hold_charged_when_settled"),
        ("UPDATE hold SET state = 'released'", "hold_ends_once"),
        ("UPDATE job SET state = 'lost'", "job_state"),
        ("UPDATE file SET state = 'lost'", "file_state"),
        ("UPDATE file SET uses = -1", "file_uses_not_negative"),
        ("UPDATE file SET size_bytes = -1", "file_size_not_negative"),
        ("UPDATE file SET state = 'leaving'", "file_stays_while_used"),
        ("DELETE FROM account", "FOREIGN KEY"),
        ("DELETE FROM hold", "FOREIGN KEY"),
        ("DELETE FROM job", "FOREIGN KEY"),
    ] {
        database.pragma_update(None, "foreign_keys", true).unwrap();
        let error = database.execute(sql, []).expect_err(sql).to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
    let again = "INSERT INTO entry (id, account, operation, kind, amount, available_change, held_change, owner, note, created_at) SELECT 'x', account, operation, kind, amount, available_change, held_change, owner, note, created_at FROM entry";
    assert!(database.execute(again, []).unwrap_err().to_string().contains("never replaced"));
}

#[tokio::test]
async fn durability_is_read_back_from_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(folder.path().join("fourfold.db"));
    let store = SqliteStore::open(&settings, Arc::new(SystemClock)).unwrap();
    assert_eq!(store.durability(), "journal_mode=wal synchronous=full");
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    with_a_job(&path).await;
    let store = SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock)).unwrap();
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available.to_string(), account.held.to_string()), ("9.96".into(), "0.04".into()));
    assert_eq!(store.jobs(account.id, None, 10).await.unwrap().len(), 1);
}

/// As the command line does beside a running server.
#[tokio::test]
async fn what_another_process_has_written_is_decided_over() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(folder.path().join("fourfold.db"));
    let open = || SqliteStore::open(&settings, Arc::new(SystemClock)).unwrap();
    let (server, other) = (open(), open());
    server.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let Submitted::New(job) = server.submit(submit("u1", "4")).await.unwrap() else {
        panic!("not the first")
    };
    let claim =
        Claim { job: job.id, instance: InstanceId::new(Uuid::now_v7()), lease: Duration::from_secs(30) };
    let claimed = server.claim(claim).await.unwrap();

    other.grant(grant("u1", "1", "grant:b")).await.unwrap();
    let cancel = RequestCancel { job: job.id, account: job.account, account_max: 0 };
    other.request_cancel(cancel).await.unwrap();

    let begun = server.begin_attempt(begin(claimed.lease)).await;
    assert!(matches!(begun, Err(StoreError::Refused(Refusal::CancelRequested))), "{begun:?}");
    server.grant(grant("u1", "1", "grant:c")).await.unwrap();
    let account = other.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available.to_string(), account.held.to_string()), ("8".into(), "4".into()));
}

#[test]
fn migrations_are_applied_once_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    assert_eq!(
        SqliteStore::migrate(&path).unwrap(),
        [
            "0001_house",
            "0002_files",
            "0003_budgets",
            "0004_calls",
            "0005_jobs",
            "0006_webhooks",
            "0007_call_costs",
            "0008_entries_stay",
            "0009_deleted_jobs",
            "0010_key_limits",
            "0011_answer_types",
            "0012_key_requests",
            "0013_chats"
        ]
    );
    assert!(SqliteStore::migrate(&path).unwrap().is_empty());
}

#[test]
fn two_that_start_at_once_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    let open = || SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock)).map(drop);
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        opening.into_iter().for_each(|opened| opened.join().unwrap().unwrap());
    });
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    SqliteStore::migrate(&path).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let opened = SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock));
    assert!(matches!(opened, Err(SqliteError::Newer { found: 99, .. })));
}

#[test]
fn what_cannot_be_opened_names_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = folder.path().join("missing/fourfold.db");
    let no_database = folder.path().join("text.db");
    std::fs::write(&no_database, "this is no database, but it is long enough to look at".repeat(100))
        .unwrap();
    for path in [no_folder, no_database] {
        let Err(error) = SqliteStore::open(&SqliteSettings::new(&path), Arc::new(SystemClock)) else {
            panic!("{} was opened", path.display())
        };
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
