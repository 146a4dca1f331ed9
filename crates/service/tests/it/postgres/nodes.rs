//! Two nodes over one database race for the same things.

use std::time::Duration;

use fourfold_domain::{InstanceId, JobId};
use fourfold_service::jobs::{Claim, Submit, Submitted};
use fourfold_service::ports::{AccountStore as _, CallStore as _, JobStore as _};
use fourfold_service::testing::{account_subject, credits, open_call, submit};
use fourfold_service::{Idempotency, Refusal, StoreError};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{House, assert_clean};
use crate::ledger::grant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_race_take_everything_once() {
    let house = House::new();
    let nodes = [house.open().await, house.open().await];
    let node = |number: usize| &nodes[number % 2];

    // A grant under one operation id makes its account once.
    let grants = (0..40).map(|number| node(number).grant(grant("u1", "0.83", "grant:a")));
    let accounts: Vec<_> = join_all(grants).await.into_iter().map(Result::unwrap).collect();
    assert!(
        accounts.iter().all(|account| account.id == accounts[0].id && account.available == credits("0.83"))
    );

    // The same operation for two accounts is refused to one of them, whichever came first.
    let users = ["a1", "a2"];
    let grants = (0..20).map(|number| node(number / 2).grant(grant(users[number % 2], "1", "grant:b")));
    let answers = join_all(grants).await;
    let refused =
        |answer: &Result<_, _>| matches!(answer, Err(StoreError::Refused(Refusal::OperationMismatch)));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 10);

    // The last credits are spent once.
    let submits = join_all((0..50).map(|number| node(number).submit(submit("u1", "0.04")))).await;
    let jobs: Vec<JobId> = submits
        .iter()
        .filter_map(|answer| match answer {
            Ok(Submitted::New(job)) => Some(job.id),
            _ => None,
        })
        .collect();
    assert_eq!(jobs.len(), 20);
    let poor = |answer: &_| matches!(answer, Err(StoreError::Refused(Refusal::InsufficientCredits { available, .. })) if *available == credits("0.03"));
    assert_eq!(submits.iter().filter(|answer| poor(answer)).count(), 30);

    // Each job is claimed once.
    let claim =
        |job: JobId| Claim { job, instance: InstanceId::new(Uuid::now_v7()), lease: Duration::from_secs(30) };
    let claims = jobs.iter().flat_map(|job| [nodes[0].claim(claim(*job)), nodes[1].claim(claim(*job))]);
    let claimed = join_all(claims).await;
    assert_eq!(claimed.iter().filter(|answer| answer.is_ok()).count(), 20);
    let late = |answer: &_| matches!(answer, Err(StoreError::Refused(Refusal::NotDue)));
    assert_eq!(claimed.iter().filter(|answer| late(answer)).count(), 20);
    let leases = claimed.into_iter().flatten().map(|claimed| claimed.lease).collect();
    assert_eq!(nodes[1].renew(leases, Duration::from_secs(30)).await.unwrap(), Vec::new());

    // One idempotency key makes one job.
    nodes[0].grant(grant("u2", "10", "grant:c")).await.unwrap();
    let submits = (0..20).map(|number| {
        let idempotency = Idempotency {
            method: "POST".to_owned(),
            path: "/api/v1/jobs".to_owned(),
            key: "a".to_owned(),
            fingerprint: [1; 32],
        };
        node(number).submit(Submit { idempotency: Some(idempotency), ..submit("u2", "0.04") })
    });
    let answers: Vec<_> = join_all(submits).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Submitted::New(_))).count(), 1);

    let account = nodes[1].account(&account_subject("u2")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("9.96"), credits("0.04")));
    assert_clean(&nodes[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_make_and_lock_the_same_accounts_in_any_order_all_get_through() {
    let house = House::new();
    let nodes = [house.open().await, house.open().await];
    let instance = InstanceId::new(Uuid::now_v7());
    let grants = (0..60).map(|number| {
        // One node names them forwards, the other backwards.
        let user = if number % 2 == 0 { number } else { 59 - number } / 2;
        nodes[number % 2].grant(grant(&format!("u{user}"), "1", &format!("grant:{number}")))
    });
    assert!(join_all(grants).await.iter().all(Result::is_ok));
    let calls = (0..60).map(|number| {
        let user = if number % 2 == 0 { number } else { 59 - number } / 2;
        nodes[number % 2].open_call(open_call(&format!("u{user}"), "0.5", instance))
    });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(house.sql("SELECT count(*), sum(available), sum(held) FROM account"), "30|30000000|30000000");
    assert_clean(&nodes[1]).await;
}
