//! What callers ask of jobs, before any worker comes in.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fourfold_domain::{AccountId, JobState};
use fourfold_service::jobs::Submission;
use fourfold_service::ports::AccountStore as _;
use fourfold_service::testing::{account_subject, credits};
use fourfold_service::{Idempotency, Refusal, ServiceError};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::house::{House, submission};
use super::script::{MockMaker, vendor};

async fn house() -> House {
    House::new([vendor("acme", MockMaker::new())]).await
}

fn input(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Fails unless the submission is refused and leaves nothing behind.
async fn check_refused(house: &House, submission: Submission) -> ServiceError {
    let error = house.jobs().submit(submission).await.unwrap_err();
    let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("10"), credits("0")));
    assert_eq!(house.parts.queue.waiting().await.unwrap().depth, 0);
    error
}

#[tokio::test]
async fn a_job_is_held_and_lined_up() {
    let house = house().await;
    let view = house.jobs().submit(submission(3)).await.unwrap();
    assert_eq!((view.job.state, view.job.held), (JobState::Queued, credits("0.12")));
    assert_eq!(house.parts.queue.next().await.job, view.job.id);
}

#[tokio::test]
async fn a_quote_is_free_and_names_its_factors() {
    let house = house().await;
    let quote = house.jobs().quote("picture", input(json!({"prompt": "a fox", "n": 3}))).unwrap();
    assert_eq!((quote.credits, quote.factors.len()), (credits("0.12"), 1));
    assert_eq!(quote.price_version, "v1");
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_its_reason() {
    let house = house().await;
    let unknown = Submission { model: "nothing".to_owned(), ..submission(1) };
    assert!(
        matches!(check_refused(&house, unknown).await, ServiceError::UnknownModel(name) if name == "nothing")
    );

    let wrong = Submission { input: input(json!({"prompt": "a fox", "n": 11})), ..submission(1) };
    match check_refused(&house, wrong).await {
        ServiceError::Invalid(mistake) => assert_eq!(mistake.field, "input.n"),
        other => panic!("{other:?}"),
    }

    let dear = Submission { max_credits: Some(credits("0.11")), ..submission(3) };
    match check_refused(&house, dear).await {
        ServiceError::MaxCreditsExceeded { price, max } => {
            assert_eq!((price, max), (credits("0.12"), credits("0.11")));
        }
        other => panic!("{other:?}"),
    }

    let long = Submission { input: input(json!({"prompt": "x".repeat(70_000)})), ..submission(1) };
    assert!(
        matches!(check_refused(&house, long).await, ServiceError::TooLarge { what, .. } if what == "input")
    );

    let long = Submission { metadata: Some(input(json!({"x": "x".repeat(20_000)}))), ..submission(1) };
    assert!(
        matches!(check_refused(&house, long).await, ServiceError::TooLarge { what, .. } if what == "metadata")
    );

    let poor = Submission { subject: account_subject("u2"), ..submission(1) };
    let refusal = Refusal::InsufficientCredits { needed: credits("0.04"), available: credits("0") };
    assert!(matches!(check_refused(&house, poor).await, ServiceError::Refused(found) if found == refusal));

    house.parts.has_room.store(false, Ordering::Relaxed);
    assert!(matches!(check_refused(&house, submission(1)).await, ServiceError::StorageFull(_)));
}

#[tokio::test]
async fn max_credits_of_exactly_the_price_is_enough() {
    let house = house().await;
    let exact = Submission { max_credits: Some(credits("0.12")), ..submission(3) };
    assert!(house.jobs().submit(exact).await.is_ok());
}

#[tokio::test]
async fn the_same_request_again_answers_with_the_job_as_it_is_now() {
    let house = house().await;
    let idempotency = Idempotency {
        method: "POST".to_owned(),
        path: "/api/v1/jobs".to_owned(),
        key: "a".to_owned(),
        fingerprint: [1; 32],
    };
    let keyed = Submission { idempotency: Some(idempotency), ..submission(1) };
    let first = house.jobs().submit(keyed.clone()).await.unwrap().job;
    house.jobs().cancel(first.account, first.id).await.unwrap();
    let again = house.jobs().submit(keyed).await.unwrap().job;
    assert_eq!((again.id, again.state), (first.id, JobState::Cancelled));
    assert_eq!(house.jobs().jobs(first.account, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_taken_is_answered_even_where_it_would_be_refused_today() {
    let house = house().await;
    let idempotency = Idempotency {
        method: "POST".to_owned(),
        path: "/api/v1/jobs".to_owned(),
        key: "a".to_owned(),
        fingerprint: [1; 32],
    };
    let keyed = Submission { idempotency: Some(idempotency.clone()), ..submission(1) };
    let first = house.jobs().submit(keyed.clone()).await.unwrap().job;
    house.parts.has_room.store(false, Ordering::Relaxed);
    assert_eq!(house.jobs().submit(keyed.clone()).await.unwrap().job.id, first.id);
    let other_body = Idempotency { fingerprint: [2; 32], ..idempotency };
    let refused = house.jobs().submit(Submission { idempotency: Some(other_body), ..keyed }).await;
    assert!(matches!(refused, Err(ServiceError::StorageFull(_))), "{refused:?}");
}

#[tokio::test]
async fn another_accounts_job_is_not_found() {
    let house = house().await;
    let job = house.submit(1).await;
    let stranger = AccountId::new(Uuid::now_v7());
    assert!(matches!(house.jobs().job(stranger, job).await, Err(ServiceError::NotFound("job"))));
    assert!(matches!(house.jobs().cancel(stranger, job).await, Err(ServiceError::NotFound("job"))));
    assert_eq!(house.jobs().jobs(stranger, None, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_job_as_it_is_when_patience_ends() {
    let house = house().await;
    let job = house.submit(1).await;
    let view = house.jobs().wait(job, Duration::from_secs(5)).await.unwrap();
    assert_eq!(view.job.state, JobState::Queued);
}

#[tokio::test(start_paused = true)]
async fn waiting_notices_the_end_without_any_signal() {
    let house = house().await;
    let job = house.submit(1).await;
    let account = house.view(job).await.job.account;
    let ends = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        // Past the service, as another process would: nobody here is told.
        let step = fourfold_service::jobs::RequestCancel { job, account, account_max: 0 };
        fourfold_service::ports::JobStore::request_cancel(&house.store, step).await.unwrap();
    };
    let (jobs, began) = (house.jobs(), Instant::now());
    let (view, ()) = tokio::join!(jobs.wait(job, Duration::from_secs(60)), ends);
    assert_eq!(view.unwrap().job.state, JobState::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}
