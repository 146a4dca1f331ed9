//! The store's conformance suite over every backend, and over fakes that are broken on purpose.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fourfold_servers::Postgres;
use fourfold_service::backends::{PostgresSettings, PostgresStore, SqliteSettings, SqliteStore};
use fourfold_service::ports::Store;
use fourfold_service::testing::{Faults, MemoryStore, conformance};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_every_rule() {
    conformance::store(async |clock| Arc::new(MemoryStore::new(clock)) as Arc<dyn Store>).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_rule() {
    // The folders outlive their stores.
    let folders: Mutex<Vec<TempDir>> = Mutex::default();
    let make = async |clock| {
        let folder = tempfile::tempdir().unwrap();
        let settings = SqliteSettings::new(folder.path().join("fourfold.db"));
        folders.lock().unwrap().push(folder);
        Arc::new(SqliteStore::open(&settings, clock).unwrap()) as Arc<dyn Store>
    };
    conformance::store(make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_rule() {
    let server = Postgres::start(Postgres::FAST).unwrap();
    let url = server.create_database().unwrap();
    // A schema for each rule; all are made in one go, since a database or a call each would take far longer.
    const RULES_MAX: usize = 400;
    server
        .sql(&url, &(0..RULES_MAX).map(|rule| format!("CREATE SCHEMA rule{rule};")).collect::<String>())
        .unwrap();
    let rule = AtomicUsize::default();
    let make = async |clock| {
        let rule = rule.fetch_add(1, Ordering::Relaxed);
        assert!(rule < RULES_MAX, "there are more rules than schemas");
        let url = format!("{url}?options=-c%20search_path%3Drule{rule}");
        let mut settings = PostgresSettings::new(&url).unwrap();
        settings.connections = 4;
        Arc::new(PostgresStore::open_at(&settings, clock).await.unwrap()) as Arc<dyn Store>
    };
    conformance::store(make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_broken_fake_breaks_a_rule() {
    let mut broken = BTreeSet::new();
    for faults in Faults::EACH {
        let make = async |clock| Arc::new(MemoryStore::broken(clock, faults)) as Arc<dyn Store>;
        let failures = conformance::store(make).await.expect_err(&format!("nobody noticed {faults:?}"));
        broken.extend(failures.rules().map(|rule| (format!("{faults:?}"), rule)));
    }
    for (fault, rule) in [
        ("forget_entries: true", "a_grant_twice_gives_once"),
        ("share_leases: true", "a_lease_is_given_once"),
        ("repeat_tokens: true", "every_step_of_a_lost_lease_is_refused"),
        ("forget_idempotency: true", "one_idempotency_key_makes_one_job"),
        ("settle_twice: true", "success_charges_what_was_used_and_gives_the_rest_back"),
        ("forget_events: true", "every_state_has_its_event"),
        ("forget_artifacts: true", "success_keeps_results_and_what_is_missing"),
        ("leave_traces: true", "too_little_money_is_refused_and_leaves_no_trace"),
        ("forget_uses: true", "a_file_is_in_use_until_its_jobs_are_final"),
        ("forget_deliveries: true", "every_event_after_the_first_has_its_delivery"),
        ("forget_messages: true", "both_messages_come_with_the_end_of_their_turn"),
    ] {
        let named = broken.iter().any(|(faults, found)| faults.contains(fault) && *found == rule);
        assert!(named, "{rule} does not notice {fault}");
    }
}
