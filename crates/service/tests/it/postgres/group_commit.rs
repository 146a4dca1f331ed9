//! Many steps share one commit, and nobody above can tell.

use fourfold_service::jobs::{Submit, Submitted};
use fourfold_service::ports::{AccountStore as _, JobStore as _};
use fourfold_service::testing::{account_subject, credits, submit};
use fourfold_service::{Refusal, StoreError};
use futures_util::future::join_all;

use super::{House, assert_clean};
use crate::ledger::grant;

#[tokio::test]
async fn steps_that_wait_share_a_commit_and_see_those_before_them() {
    const STEPS: usize = 50;
    let house = House::new();
    let store = house.open().await;
    let steps = (0..STEPS).map(|number| store.grant(grant("u1", "1", &format!("grant:{number}"))));
    let available: Vec<_> =
        join_all(steps).await.into_iter().map(|account| account.unwrap().available).collect();
    let expected: Vec<_> = (1..=STEPS).map(|number| credits(&number.to_string())).collect();
    assert_eq!(available, expected);
    let commits: usize = house.sql("SELECT count(*) FROM commit_batch").parse().unwrap();
    assert!((1..=STEPS / 2).contains(&commits), "{commits} commits");
    assert_clean(&store).await;
}

#[tokio::test]
async fn a_step_that_cannot_be_written_does_not_take_its_neighbours_along() {
    let house = House::new();
    let store = house.open().await;
    house.sql(
        "CREATE FUNCTION no_room() RETURNS TRIGGER LANGUAGE plpgsql \
         AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$; \
         CREATE TRIGGER no_room BEFORE INSERT ON job FOR EACH ROW WHEN (length(NEW.input) > 1000) \
         EXECUTE FUNCTION no_room()",
    );
    store.grant(grant("u1", "10", "grant:a")).await.unwrap();
    let known = submit("u1", "0.04");
    store.submit(known.clone()).await.unwrap();
    let large = Submit { input: "x".repeat(2000).into(), ..submit("u1", "0.04") };
    let answers = join_all([
        store.submit(submit("u1", "0.04")),
        store.submit(submit("u1", "0.04")),
        store.submit(known),
        store.submit(submit("u1", "100")),
        store.submit(large),
        store.submit(submit("u1", "0.04")),
    ])
    .await;
    assert!(matches!(answers[2], Err(StoreError::Failed(_))), "{:?}", answers[2]);
    let refused = matches!(&answers[3], Err(StoreError::Refused(Refusal::InsufficientCredits { .. })));
    assert!(refused, "{:?}", answers[3]);
    assert!(matches!(answers[4], Err(StoreError::Full(_))), "{:?}", answers[4]);
    for taken in [0, 1, 5] {
        assert!(matches!(answers[taken], Ok(Submitted::New(_))), "{:?}", answers[taken]);
    }
    let account = store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("9.84"), credits("0.16")));
    assert_clean(&store).await;
}
