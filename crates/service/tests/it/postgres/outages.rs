//! The server goes away and comes back.

use std::time::Duration;

use fourfold_service::StoreError;
use fourfold_service::backends::{PostgresSettings, PostgresStore};
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::{account_subject, credits};
use futures_util::future::join_all;

use super::{House, assert_clean};
use crate::ledger::grant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_and_reads_wait_for_a_server_that_comes_back() {
    let house = House::synced();
    let store = house.open().await;
    store.grant(grant("u1", "1", "grant:first")).await.unwrap();
    for (round, end) in
        [fourfold_servers::Postgres::stop, fourfold_servers::Postgres::kill].iter().enumerate()
    {
        end(&house.server).unwrap();
        let steps =
            join_all((0..10).map(|number| store.grant(grant("u1", "1", &format!("grant:{round}:{number}")))));
        let subject = account_subject("u1");
        let read = store.account(&subject);
        let start = async { tokio::task::block_in_place(|| house.server.start_again()).unwrap() };
        let (granted, read, ()) = tokio::join!(steps, read, start);
        assert!(granted.iter().all(Result::is_ok), "{granted:?}");
        assert!(matches!(read, Ok(Some(_))), "{read:?}");
    }
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!(account.available, credits("21"));
    assert_clean(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patience_ends_and_the_next_server_is_found_all_the_same() {
    let house = House::synced();
    let mut settings = PostgresSettings::new(&house.url).unwrap();
    settings.patience = Duration::from_millis(100);
    let store = PostgresStore::open(&settings).await.unwrap();
    house.server.kill().unwrap();
    for number in 0..3 {
        let answer = store.grant(grant("u1", "1", &format!("grant:{number}"))).await;
        assert!(matches!(answer, Err(StoreError::Failed(_))), "{answer:?}");
        let read = store.account(&account_subject("u1")).await;
        assert!(matches!(read, Err(StoreError::Failed(_))), "{read:?}");
    }
    house.server.start_again().unwrap();
    let account = store.grant(grant("u1", "1", "grant:again")).await.unwrap();
    assert_eq!(account.available, credits("1"), "what was answered as failed was never sent");
}
