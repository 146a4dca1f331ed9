//! Tampering with SQLite.

use std::path::Path;
use std::sync::Arc;

use fourfold_service::SystemClock;
use fourfold_service::backends::{SqliteSettings, SqliteStore};
use fourfold_service::ports::{AccountStore as _, Audit};
use rusqlite::Connection;

use super::{AMOUNTS, GUARDED, busy, check};

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(&SqliteSettings::new(path), Arc::new(SystemClock)).unwrap()
}

async fn audit(path: &Path) -> Audit {
    open(path).audit().await.unwrap()
}

/// Does it past triggers, foreign keys and checks, and covers its tracks.
fn tamper(path: &Path, sql: &str) -> usize {
    let database = Connection::open(path).unwrap();
    let guards =
        "SELECT group_concat(sql, ';') FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'";
    let guards: String = database.query_row(guards, [], |row| row.get(0)).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.pragma_update(None, "ignore_check_constraints", true).unwrap();
    database.execute_batch("DROP TRIGGER entry_never_changes; DROP TRIGGER entry_never_goes; DROP TRIGGER entry_never_replaces").unwrap();
    let changed = database.execute(sql, []).unwrap();
    database.execute_batch(&guards).unwrap();
    changed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tampering_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let clean = folder.path().join("clean.db");
    assert_eq!(busy(&open(&clean)).await.findings, Vec::new());
    check(async |sql| {
        let path = folder.path().join("changed.db");
        Connection::open(&clean).unwrap().execute(&format!("VACUUM INTO '{}'", path.display()), []).unwrap();
        let found = (tamper(&path, sql), audit(&path).await);
        std::fs::remove_file(&path).unwrap();
        found
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_whose_guards_are_gone_is_named() {
    for guard in ["entry_never_changes", "entry_never_goes", "entry_never_replaces"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fourfold.db");
        busy(&open(&path)).await;
        Connection::open(&path).unwrap().execute_batch(&format!("DROP TRIGGER {guard}")).unwrap();
        let findings = audit(&path).await.findings;
        let [finding] = &findings[..] else { panic!("{findings:#?}") };
        assert_eq!((finding.rule, finding.id.as_str()), (GUARDED, guard));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_name_the_account_and_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fourfold.db");
    busy(&open(&path)).await;
    let (account, entry): (String, String) = Connection::open(&path)
        .unwrap()
        .query_row("SELECT account, id FROM entry WHERE kind = 'grant'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    tamper(&path, "UPDATE entry SET amount = 1 WHERE kind = 'grant'");
    let findings = audit(&path).await.findings;
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!((finding.rule, &finding.account, &finding.id), (AMOUNTS, &account, &entry));
}
