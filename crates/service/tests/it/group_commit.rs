//! Many steps share one commit, and nobody above can tell.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fourfold_domain::JobState;
use fourfold_service::backends::{SqliteSettings, SqliteStore};
use fourfold_service::jobs::{RequestCancel, Submit, Submitted};
use fourfold_service::ports::{AccountStore as _, JobStore as _};
use fourfold_service::testing::{account_subject, credits, submit};
use fourfold_service::{Refusal, StoreError, SystemClock};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::ledger::grant;

struct Database {
    folder: TempDir,
}

impl Database {
    fn new() -> Self {
        let database = Self { folder: tempfile::tempdir().unwrap() };
        SqliteStore::migrate(&database.path()).unwrap();
        database
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("fourfold.db")
    }

    fn open(&self) -> SqliteStore {
        self.open_with(None)
    }

    fn open_with(&self, pages_max: Option<u32>) -> SqliteStore {
        let settings = SqliteSettings { pages_max, ..SqliteSettings::new(self.path()) };
        SqliteStore::open(&settings, Arc::new(SystemClock)).unwrap()
    }

    /// Keeps every writer out until it is dropped, so that steps line up.
    fn shut(&self) -> Shut {
        let connection = Connection::open(self.path()).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Shut(connection)
    }

    fn entries(&self) -> i64 {
        let connection = Connection::open(self.path()).unwrap();
        connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).unwrap()
    }
}

struct Shut(Connection);

impl Drop for Shut {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

/// How many commits the write-ahead log holds: the last frame of each tells the size of the database.
fn commits(database: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let log = fs::read(database.with_extension("db-wal")).unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let page = usize::try_from(number(&log[8..12])).unwrap();
    log[HEADER..].chunks_exact(FRAME_HEADER + page).filter(|frame| number(&frame[4..8]) > 0).count()
}

#[tokio::test]
async fn steps_that_wait_share_a_commit_and_are_answered_after_it() {
    // Few enough for one poll to send them all: tokio lets a task do 128 such things in a go.
    const STEPS: usize = 50;
    let database = Database::new();
    let store = database.open();
    store.grant(grant("u1", "1", "grant:first")).await.unwrap();
    let before = commits(&database.path());

    let shut = database.shut();
    let steps = (0..STEPS).map(|number| store.grant(grant("u1", "1", &format!("grant:{number}"))));
    let mut answers = join_all(steps);
    assert!((&mut answers).now_or_never().is_none(), "something was answered before its commit");
    assert_eq!(database.entries(), 1);
    drop(shut);

    let answers = answers.await;
    assert_eq!(database.entries(), 1 + i64::try_from(STEPS).unwrap());
    // Each saw those before it: the answers rise by one.
    let available: Vec<_> = answers.into_iter().map(|account| account.unwrap().available).collect();
    let expected: Vec<_> = (2..).take(STEPS).map(|number: usize| credits(&number.to_string())).collect();
    assert_eq!(available, expected);
    // The writer took what it found first, then all that had come meanwhile.
    let shared = commits(&database.path()) - before;
    assert!((1..=2).contains(&shared), "{shared} commits");
}

#[tokio::test]
async fn a_job_may_come_and_go_within_one_commit() {
    let database = Database::new();
    let store = database.open();
    let account = store.grant(grant("u1", "10", "grant:a")).await.unwrap().id;
    let before = commits(&database.path());

    let shut = database.shut();
    let step = submit("u1", "0.04");
    let job = step.id;
    let head = store.grant(grant("u1", "1", "grant:head"));
    let (submit, cancel) =
        (store.submit(step), store.request_cancel(RequestCancel { job, account, account_max: 0 }));
    let mut answers = Box::pin(futures_util::future::join3(head, submit, cancel));
    assert!(answers.as_mut().now_or_never().is_none());
    drop(shut);

    let (_, submitted, cancelled) = answers.await;
    assert!(matches!(submitted, Ok(Submitted::New(_))), "{submitted:?}");
    assert_eq!(cancelled.unwrap().job.state, JobState::Cancelled);
    assert_eq!(store.events(job, 0).await.unwrap().len(), 2);
    assert!(store.audit().await.unwrap().findings.is_empty());
    let shared = commits(&database.path()) - before;
    assert!((1..=2).contains(&shared), "{shared} commits");
}

#[tokio::test]
async fn a_step_that_cannot_be_written_does_not_take_its_neighbours_along() {
    let database = Database::new();
    let store = database.open();
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let known = submit("u1", "0.04");
    store.submit(known.clone()).await.unwrap();

    let shut = database.shut();
    let (before, after) = (submit("u1", "0.04"), submit("u1", "0.04"));
    let mut answers = join_all([
        store.submit(submit("u1", "0.04")),
        store.submit(before),
        store.submit(known),
        store.submit(submit("u1", "100")),
        store.submit(after),
    ]);
    assert!((&mut answers).now_or_never().is_none());
    drop(shut);

    let answers = answers.await;
    assert!(matches!(answers[2], Err(StoreError::Failed(_))), "{:?}", answers[2]);
    let refusal = Refusal::InsufficientCredits { needed: credits("100"), available: credits("9.88") };
    assert!(matches!(&answers[3], Err(StoreError::Refused(found)) if *found == refusal), "{:?}", answers[3]);
    for taken in [0, 1, 4] {
        assert!(matches!(answers[taken], Ok(Submitted::New(_))), "{:?}", answers[taken]);
    }
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("9.84"), credits("0.16")));
    assert!(store.audit().await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn a_step_that_the_disk_has_no_room_for_says_so_and_its_neighbours_stand() {
    let database = Database::new();
    let pages: u32 = Connection::open(database.path())
        .unwrap()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    let store = database.open_with(Some(pages + 10));
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();

    let shut = database.shut();
    // Sixteen pages.
    let large =
        Submit { input: format!(r#"{{"prompt":"{}"}}"#, "x".repeat(64_000)).into(), ..submit("u1", "0.04") };
    let mut answers = join_all([
        store.submit(submit("u1", "0.04")),
        store.submit(submit("u1", "0.04")),
        store.submit(large.clone()),
        store.submit(submit("u1", "0.04")),
    ]);
    assert!((&mut answers).now_or_never().is_none());
    drop(shut);

    let answers = answers.await;
    assert!(matches!(answers[2], Err(StoreError::Full(_))), "{:?}", answers[2]);
    for taken in [0, 1, 3] {
        assert!(answers[taken].is_ok(), "{:?}", answers[taken]);
    }
    assert!(store.audit().await.unwrap().findings.is_empty());
    drop(store);

    let store = database.open();
    assert!(store.submit(large).await.is_ok(), "with room again it is taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_write_at_once_lose_nothing() {
    let database = Database::new();
    let stores = [database.open(), database.open()];
    stores[0].grant(grant("u1", "0.83", "grant:a")).await.unwrap();
    let submits = (0..50).map(|number| stores[number % 2].submit(submit("u1", "0.04")));
    let grants =
        (0..50).map(|number| stores[number % 2].grant(grant("u2", "1", &format!("grant:{}", number / 2))));
    let (submits, grants) = tokio::join!(join_all(submits), join_all(grants));
    assert_eq!(submits.iter().filter(|answer| answer.is_ok()).count(), 20);
    assert!(grants.iter().all(Result::is_ok));
    for store in &stores {
        let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
        assert_eq!((account.available, account.held), (credits("0.03"), credits("0.8")));
        let account = store.account(&account_subject("u2")).await.unwrap().unwrap();
        assert_eq!(account.available, credits("25"));
        assert!(store.audit().await.unwrap().findings.is_empty());
    }
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_undo_his_step() {
    let database = Database::new();
    let store = database.open();
    let shut = database.shut();
    let left = store.grant(grant("u1", "1", "grant:left")).now_or_never();
    assert!(left.is_none());
    drop(shut);
    // Steps are taken in the order in which they came.
    let account = store.grant(grant("u1", "1", "grant:stayed")).await.unwrap();
    assert_eq!(account.available, credits("2"));
}
