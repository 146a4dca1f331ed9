//! The answer to a COMMIT is lost: what was to be done is done exactly once, and answered as decided.

use fourfold_service::jobs::Submitted;
use fourfold_service::ports::{AccountStore as _, JobStore as _};
use fourfold_service::testing::{account_subject, credits, submit};

use super::proxy::{Cut, Proxy};
use super::{House, assert_clean, open};
use crate::ledger::grant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_is_not_done_again_and_what_was_not_is_done_once() {
    let house = House::new();
    let proxy = Proxy::start(house.server.port());
    let store = open(&proxy.url(&house.url)).await;
    store.grant(grant("u1", "10", "grant:first")).await.unwrap();
    for (number, cut) in [Cut::Answer, Cut::Request, Cut::Answer].into_iter().enumerate() {
        proxy.arm(cut);
        let submitted = store.submit(submit("u1", "0.04")).await.unwrap();
        // Run again where it stands already, its own id would be in the way.
        assert!(matches!(submitted, Submitted::New(_)), "{cut:?}: {submitted:?}");
        assert_eq!(proxy.cuts(), number + 1, "nothing was cut");
    }
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("9.88"), credits("0.12")));
    assert_eq!(house.sql("SELECT count(*) FROM commit_batch WHERE stands = 0"), "1");
    assert_clean(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_still_at_it_is_waited_out() {
    let house = House::new();
    let proxy = Proxy::start(house.server.port());
    let store = open(&proxy.url(&house.url)).await;
    store.grant(grant("u1", "10", "grant:first")).await.unwrap();
    proxy.arm(Cut::Hang);
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%commit_batch%'";
    let release = async {
        // The old session has written all and waits for a COMMIT that never comes; the new one waits for its row.
        while house.sql(waits) == "0" {
            tokio::task::yield_now().await;
        }
        proxy.release();
    };
    let (submitted, ()) = tokio::join!(store.submit(submit("u1", "0.04")), release);
    assert!(matches!(submitted, Ok(Submitted::New(_))), "{submitted:?}");
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("9.96"), credits("0.04")));
    assert_clean(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_sessions_lose_nothing() {
    let house = House::new();
    let store = house.open().await;
    let terminate =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'fourfold'";
    let grants = async {
        for number in 0..200 {
            store.grant(grant("u1", "1", &format!("grant:{number}"))).await.unwrap();
        }
    };
    let terminations = async {
        for _ in 0..5 {
            house.sql(terminate);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(grants, terminations);
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!(account.available, credits("200"));
    assert_clean(&store).await;
}
