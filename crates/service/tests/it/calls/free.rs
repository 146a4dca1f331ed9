//! Calls that cost nobody anything: nothing of them is written but their line in the usage log.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::OnDisconnect::Cancel;
use fourfold_domain::Provider;
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::account_subject;
use fourfold_service::usage::UsageOutcome;

use super::endings::said;
use super::house::{Act, House, Plain, Talker, read, request};
use super::usage::row;

fn vendor() -> Arc<dyn Provider> {
    Talker::of("acme", [Act::Say(Duration::ZERO, said("In dens.", 7, 3))])
}

async fn at(prices: [&str; 2], cost: Option<&str>) -> House {
    House::at_prices(prices, cost, Cancel, [vendor()]).await
}

/// Whether the call left entries in the ledger, besides the first grant.
async fn is_written(house: &House) -> bool {
    house.last_entry().await.owner.is_some()
}

#[tokio::test(start_paused = true)]
async fn what_costs_nobody_anything_is_only_logged() {
    let house = at(["0", "0"], None).await;
    let (text, end) = read(house.chat(false).await.unwrap()).await;
    assert_eq!((text.as_str(), end.is_ok()), ("In dens.", true));
    assert!(!is_written(&house).await);
    let row = row(&house).await;
    assert_eq!(
        (row.outcome, row.amounts.input_tokens, row.amounts.output_tokens),
        (UsageOutcome::Succeeded, 7, 3)
    );
    assert!(row.charged.is_zero());
}

#[tokio::test(start_paused = true)]
async fn the_books_have_what_costs_anybody_something_or_may_be_asked_again() {
    for (prices, cost, key) in [
        (["0.001", "0"], None, None),
        (["0", "0"], Some("0.001"), None),
        (["0", "0"], Some("0"), Some("again")),
    ] {
        let house = at(prices, cost).await;
        read(house.chat_with(false, key).await.unwrap()).await.1.unwrap();
        house.end().await;
        assert!(is_written(&house).await, "{prices:?} {cost:?} {key:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_call_of_a_user_makes_the_account() {
    let house = at(["0", "0"], None).await;
    let mut request = request(false, None);
    request.subject = account_subject("u2");
    read(house.calls.generate(request, Box::new(Plain)).await.unwrap()).await.1.unwrap();
    assert!(house.store.account(&account_subject("u2")).await.unwrap().is_some());
}
