//! The database itself: what it refuses, and how it is opened.

use fourfold_domain::FileId;
use fourfold_service::backends::{PostgresError, PostgresSettings, PostgresStore};
use fourfold_service::jobs::Submit;
use fourfold_service::ports::{AccountStore as _, FileStore as _, JobStore as _};
use fourfold_service::testing::{complete_file, reserve_file, submit};
use uuid::Uuid;

use super::House;
use crate::ledger::grant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_refuses_what_must_not_be() {
    let house = House::new();
    let store = house.open().await;
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let file = FileId::new(Uuid::now_v7());
    store.reserve_files(reserve_file("u1", file)).await.unwrap();
    store.complete_file(complete_file("u1", file, 10)).await.unwrap();
    store.submit(Submit { files: vec![file], ..submit("u1", "0.04") }).await.unwrap();
    for (sql, reason) in [
        ("UPDATE entry SET amount = amount + 1", "never change"),
        ("UPDATE entry SET note = 'x'", "never change"),
        ("DELETE FROM entry", "never deleted"),
        ("TRUNCATE entry", "never deleted"),
        (
            "INSERT INTO entry SELECT 'x', account, operation, kind, amount, 0, 0, owner, note, 1, 0 FROM entry",
            "entry_operation",
        ),
        ("UPDATE account SET available = -1", "account_available_not_negative"),
        ("UPDATE account SET held = -1", "account_held_not_negative"),
        ("UPDATE hold SET amount = -1", "hold_"),
        ("UPDATE hold SET charged = amount + 1", "hold_charged_"),
        ("UPDATE hold SET state = 'settled', ended_at = 1", "hold_charged_when_settled"),
        ("UPDATE hold SET state = 'released'", "hold_ends_once"),
        ("UPDATE job SET state = 'lost'", "job_state"),
        ("UPDATE file SET uses = -1", "file_uses_not_negative"),
        ("UPDATE file SET state = 'leaving'", "file_stays_while_used"),
        ("DELETE FROM account", "foreign key"),
        ("DELETE FROM hold", "foreign key"),
        ("DELETE FROM job", "foreign key"),
    ] {
        let error = house.server.sql(&house.url, sql).expect_err(sql).to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
    for guard in ["entry_never_changes", "entry_never_goes"] {
        house.sql(&format!("ALTER TABLE entry DISABLE TRIGGER {guard}"));
        let findings = store.audit().await.unwrap().findings;
        let [finding] = &findings[..] else { panic!("{findings:#?}") };
        let expected = ("the database refuses to change entries", guard);
        assert_eq!((finding.rule, finding.id.as_str()), expected);
        house.sql(&format!("ALTER TABLE entry ENABLE TRIGGER {guard}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_are_applied_once_by_whoever_comes_first() {
    let house = House::new();
    let settings = PostgresSettings::new(&house.url).unwrap();
    let starts = (0..4).map(|_| PostgresStore::migrate(&settings));
    let applied = futures_util::future::try_join_all(starts).await.unwrap();
    assert_eq!(applied.iter().filter(|applied| applied.first() == Some(&"0001_house")).count(), 1);
    assert_eq!(applied.iter().filter(|applied| applied.is_empty()).count(), 3, "{applied:?}");

    let store = house.open().await;
    assert_eq!(store.durability(), "fsync=off synchronous_commit=on full_page_writes=off");

    house.sql("INSERT INTO migration (number, name) VALUES (99, '0099_later')");
    let known = applied.concat().len();
    let refused = PostgresStore::open(&settings).await;
    assert!(
        matches!(refused, Err(PostgresError::Newer { found, known: told }) if found == known + 1 && told == known)
    );
}

#[tokio::test]
async fn what_cannot_be_opened_names_its_place_and_no_password() {
    for (url, words) in [
        ("postgres://u:hunter2@127.0.0.1:1/fourfold", "fourfold at 127.0.0.1"),
        ("mysql://u:hunter2@127.0.0.1/fourfold", "postgres://"),
        ("postgres://u:hunter2@127.0.0.1/fourfold?sslmode=maybe", "sslmode"),
        ("postgres://u:hunter2@127.0.0.1", "a host and a database"),
    ] {
        let opened = match PostgresSettings::new(url) {
            Ok(settings) => {
                assert!(!format!("{settings:?} {settings}").contains("hunter2"));
                PostgresStore::open(&settings).await.map(drop)
            }
            Err(error) => Err(error),
        };
        let said = format!("{0} {0:?}", opened.expect_err(url));
        assert!(said.contains(words) && !said.contains("hunter2"), "{url}: {said}");
    }
    assert!(PostgresSettings::new("postgresql://u@db/fourfold?sslmode=verify-full").is_ok());
}
