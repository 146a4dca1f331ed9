//! The usage log over its backends, and the line before it.

mod log;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fourfold_servers::Postgres;
use fourfold_service::backends::{PostgresSettings, PostgresStore, SqliteUsage};
use fourfold_service::ports::UsageStore;
use fourfold_service::testing::{MemoryUsage, conformance};
use tempfile::TempDir;

#[tokio::test]
async fn the_fake_usage_log_keeps_every_rule() {
    conformance::usage(async || Arc::new(MemoryUsage::default()) as Arc<dyn UsageStore>).await.unwrap();
}

#[tokio::test]
async fn sqlites_usage_log_keeps_every_rule() {
    // The folders outlive their logs.
    let folders: Mutex<Vec<TempDir>> = Mutex::default();
    let make = async || {
        let folder = tempfile::tempdir().unwrap();
        let usage = SqliteUsage::open(&folder.path().join("usage.db")).unwrap();
        folders.lock().unwrap().push(folder);
        Arc::new(usage) as Arc<dyn UsageStore>
    };
    conformance::usage(make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_usage_log_on_postgres_keeps_every_rule() {
    let server = Postgres::start(Postgres::FAST).unwrap();
    let url = server.create_database().unwrap();
    let rule = AtomicUsize::default();
    let make = async || {
        let rule = rule.fetch_add(1, Ordering::Relaxed);
        server.sql(&url, &format!("CREATE SCHEMA rule{rule};")).unwrap();
        let mut settings =
            PostgresSettings::new(&format!("{url}?options=-c%20search_path%3Drule{rule}")).unwrap();
        settings.connections = 2;
        Arc::new(PostgresStore::open(&settings).await.unwrap()) as Arc<dyn UsageStore>
    };
    conformance::usage(make).await.unwrap();
}

#[tokio::test]
async fn sqlites_usage_log_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.db");
    let row = log::row();
    SqliteUsage::open(&path).unwrap().add_usage(vec![row.clone()]).await.unwrap();
    let usage = SqliteUsage::open(&path).unwrap();
    assert_eq!(usage.usage(log::all()).await.unwrap()[0].charged, row.charged);
}
