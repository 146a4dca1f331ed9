//! Any sequence of steps, in any order, against a model of a few lines: same answers, same sums, and a
//! clean audit; a step that is refused changes nothing.

mod model;
mod steps;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fourfold_servers::Postgres;
use fourfold_service::Clock;
use fourfold_service::backends::{PostgresSettings, PostgresStore, SqliteSettings, SqliteStore};
use fourfold_service::credits::Grant;
use fourfold_service::ports::Store;
use fourfold_service::testing::{MemoryStore, TestClock, account_subject, credits};
use proptest::collection::vec;
use proptest::prelude::*;

use model::Model;
use steps::{Runner, Step, USERS};

/// Credits for a user, under this operation id.
pub(crate) fn grant(user: &str, amount: &str, operation: &str) -> Grant {
    Grant {
        subject: account_subject(user),
        credits: credits(amount),
        operation: operation.to_owned(),
        note: None,
    }
}

/// Takes the steps, comparing each answer with the model's. `written` shows all that a store holds, where
/// that can be told.
async fn check(
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
    written: impl Fn() -> String,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let mut model = Model::new(clock.now());
    let mut runner = Runner::new(store.clone(), clock.clone());
    for (number, step) in steps.iter().enumerate() {
        let step = &model.resolve(step, clock.now());
        let before = written();
        let expected = model.take(step, clock.now());
        let found = runner.take(step).await;
        prop_assert_eq!(&found, &expected, "step {}: {:?}", number, step);
        if found.is_err() {
            prop_assert_eq!(
                written(),
                before,
                "step {} was refused and changed something: {:?}",
                number,
                step
            );
        }
    }
    for user in USERS {
        let account = store.account(&account_subject(user)).await.unwrap();
        let found = account.map(|account| (account.available.micros(), account.held.micros()));
        prop_assert_eq!(found, model.sums(user), "{}", user);
    }
    for (number, id) in runner.jobs().iter().enumerate() {
        let job = store.job(*id).await.unwrap().unwrap().job;
        prop_assert_eq!((job.state, job.charged.micros()), model.job(number), "job {}", number);
        let versions: Vec<u32> =
            store.events(*id, 0).await.unwrap().iter().map(|event| event.version).collect();
        prop_assert_eq!(versions, (1..=job.version).collect::<Vec<_>>(), "events of job {}", number);
    }
    let audit = store.audit().await.unwrap();
    prop_assert_eq!(audit.findings, vec![]);
    prop_assert_eq!((audit.counts.holds_open, audit.counts.jobs_open), model.open());
    Ok(())
}

fn run(check: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(check)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_answers_as_the_model_does(steps in vec(steps::any_step(), 1..120)) {
        let clock = Arc::new(TestClock::default());
        let store = MemoryStore::new(clock.clone());
        let written = { let store = store.clone(); move || store.written() };
        run(check(Arc::new(store), clock, written, &steps))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_the_model_does(steps in vec(steps::any_step(), 20..80)) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        let path = folder.path().join("fourfold.db");
        let store = SqliteStore::open(&SqliteSettings::new(&path), clock.clone()).unwrap();
        run(check(Arc::new(store), clock, || rows(&path), &steps))?;
    }
}

#[test]
fn postgres_answers_as_the_model_does() {
    let server = Postgres::start(Postgres::FAST).unwrap();
    let url = server.create_database().unwrap();
    let case = AtomicUsize::new(0);
    let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in vec(steps::any_step(), 20..60))| {
        let schema = format!("case{}", case.fetch_add(1, Ordering::Relaxed));
        server.sql(&url, &format!("CREATE SCHEMA {schema}")).unwrap();
        let clock = Arc::new(TestClock::default());
        let in_schema = format!("{url}?options=-c%20search_path%3D{schema}");
        let written = || server.sql(&url, &format!("SET search_path = {schema}; {POSTGRES_ROWS}")).unwrap();
        run(async {
            let settings = PostgresSettings::new(&in_schema).unwrap();
            let store = PostgresStore::open_at(&settings, clock.clone()).await.unwrap();
            check(Arc::new(store), clock, written, &steps).await
        })?;
    });
}

/// All rows of a database, but those that a read may touch.
const POSTGRES_ROWS: &str = "SELECT x FROM (
     SELECT available || ':' || held AS x FROM account
     UNION ALL SELECT operation FROM entry
     UNION ALL SELECT id || state || charged FROM hold
     UNION ALL SELECT id || state || version || attempts || cancel_requested FROM job
     UNION ALL SELECT job || next_at || coalesce(lease_until::text, '-') || token || failed_polls FROM job_due
     UNION ALL SELECT owner || number || state || coalesce(upstream, '-') FROM attempt
     UNION ALL SELECT job || number FROM artifact
     UNION ALL SELECT id FROM job_event
     UNION ALL SELECT id || state FROM call) AS rows ORDER BY x";

/// All rows of the database, but those that a read may touch.
fn rows(path: &std::path::Path) -> String {
    let database = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT group_concat(x, char(10)) FROM (
                 SELECT available || ':' || held AS x FROM account
                 UNION ALL SELECT operation FROM entry
                 UNION ALL SELECT id || state || charged FROM hold
                 UNION ALL SELECT id || state || version || attempts || cancel_requested FROM job
                 UNION ALL SELECT job || next_at || coalesce(lease_until, '-') || token || failed_polls FROM job_due
                 UNION ALL SELECT owner || number || state || coalesce(upstream, '-') FROM attempt
                 UNION ALL SELECT job || number FROM artifact
                 UNION ALL SELECT id FROM job_event
                 UNION ALL SELECT id || state FROM call)";
    let rows: Option<String> = database.query_row(sql, [], |row| row.get(0)).unwrap();
    rows.unwrap_or_default()
}
