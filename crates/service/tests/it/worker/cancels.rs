//! Jobs that are called off: what it costs, and what the vendor is asked.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{
    Cancelled, Effect, InstanceId, JobId, JobState, OnCancel, Poll, Quantity, Reason, Unit,
};
use fourfold_service::jobs::{AttemptState as A, Claim, RequestCancel};
use fourfold_service::ports::JobStore as _;
use fourfold_service::{Refusal, ServiceError};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::house::{House, Plan, attempts, error};
use super::script::{MockMaker, failure, here, running, task, vendor};

async fn cancel(house: &House, job: JobId) {
    let account = house.view(job).await.job.account;
    let view = house.jobs().cancel(account, job).await.unwrap();
    assert!(view.job.cancel_requested || view.job.state == JobState::Cancelled);
}

#[tokio::test]
async fn before_anybody_works_on_it_it_ends_at_once_and_is_free() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    cancel(&house, job).await;
    house.check(job, JobState::Cancelled, "0").await;
    house.worker.look_at(job).await;
    let account = house.view(job).await.job.account;
    let again = house.jobs().cancel(account, job).await;
    assert!(matches!(again, Err(ServiceError::Refused(Refusal::AlreadyFinal))), "{again:?}");
}

#[tokio::test]
async fn before_the_attempt_is_begun_no_vendor_is_asked() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    // Another process has the job, and dies before it begins.
    let instance = InstanceId::new(Uuid::now_v7());
    let lease = Duration::from_secs(30);
    house.store.claim(Claim { job, instance, lease }).await.unwrap();
    cancel(&house, job).await;
    house.check(job, JobState::Queued, "0").await;
    house.clock.advance(lease);
    let view = house.look(job).await;
    house.check(job, JobState::Cancelled, "0").await;
    assert_eq!((error(&view), view.attempts.len()), (Some("cancelled"), 0));
}

/// Calls a task of three pictures off; the vendor answers so, the catalog says that.
async fn check(answer: Cancelled, on_cancel: OnCancel, charged: &str) {
    let said = format!("{answer:?} {on_cancel:?}");
    let maker = MockMaker::starting([Ok(task(60))]).cancelling([Ok(answer)]);
    let plan = Plan { on_cancel, ..Plan::default() };
    let house = House::with(plan, [vendor("acme", maker)]).await;
    let job = house.submit(3).await;
    house.look(job).await;
    cancel(&house, job).await;
    assert_eq!(house.due_in(job).await, Duration::ZERO, "{said}");
    let view = house.look(job).await;
    house.check(job, JobState::Cancelled, charged).await;
    assert_eq!((error(&view), attempts(&view)), (Some("cancelled"), vec![("acme", A::Cancelled)]), "{said}");
}

#[tokio::test]
async fn after_it_the_vendors_figure_is_charged_or_what_the_catalog_says() {
    let figure = |count| Cancelled::Stopped { used: Some(vec![Quantity::new(Unit::Image, count)]) };
    let stopped = || Cancelled::Stopped { used: None };
    check(figure(2), OnCancel::None, "0.08").await;
    check(figure(0), OnCancel::Full, "0").await;
    check(figure(9), OnCancel::None, "0.12").await;
    check(stopped(), OnCancel::Full, "0.12").await;
    check(stopped(), OnCancel::None, "0").await;
    check(stopped(), OnCancel::Percent(50), "0.06").await;
    check(Cancelled::Unsupported, OnCancel::Full, "0.12").await;
    check(Cancelled::Unsupported, OnCancel::None, "0").await;
}

#[tokio::test]
async fn while_the_vendor_is_asked_the_task_is_called_off_right_after() {
    let house = Arc::new(std::sync::OnceLock::<House>::new());
    let inside = house.clone();
    let mut maker = MockMaker::new();
    maker.expect_start().times(1).returning(move |_, context| {
        let house = inside.get().unwrap();
        let job: JobId = context.owner.parse().unwrap();
        let account = house.view(job).now_or_never().unwrap().job.account;
        house
            .store
            .request_cancel(RequestCancel { job, account, account_max: 0 })
            .now_or_never()
            .unwrap()
            .unwrap();
        Ok(task(60))
    });
    let maker = maker.cancelling([Ok(Cancelled::Stopped { used: None })]);
    assert!(house.set(House::new([vendor("acme", maker)]).await).is_ok());
    let house = house.get().unwrap();
    let job = house.submit(1).await;
    house.look(job).await;
    assert_eq!(house.due_in(job).await, Duration::ZERO);
    house.look(job).await;
    house.check(job, JobState::Cancelled, "0.04").await;
}

#[tokio::test]
async fn too_late_is_delivered_and_charged_after_all() {
    let maker = MockMaker::starting([Ok(task(60))])
        .cancelling([Ok(Cancelled::TooLate)])
        .polling([Ok(Poll::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.look(job).await;
    cancel(&house, job).await;
    house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}

#[tokio::test]
async fn what_a_vendor_that_cannot_be_stopped_finishes_is_delivered() {
    let maker = MockMaker::starting([Ok(task(60))])
        .cancelling([Err(failure(Reason::Unavailable, Effect::NotStarted))])
        .polling([Ok(Poll::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.look(job).await;
    cancel(&house, job).await;
    house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}

#[tokio::test]
async fn a_vendor_that_cannot_stop_yet_is_left_in_peace_between() {
    let maker = MockMaker::starting([Ok(task(60))])
        .cancelling([
            Err(failure(Reason::Unavailable, Effect::NotStarted)),
            Ok(Cancelled::TooLate),
            Ok(Cancelled::Unsupported),
        ])
        .polling([running(Some(90), 7), running(Some(95), 7)]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.look(job).await;
    cancel(&house, job).await;
    for _look in 0..2 {
        house.look(job).await;
        house.check(job, JobState::Running, "0").await;
        assert_eq!(house.due_in(job).await, Duration::from_secs(7));
    }
    house.look(job).await;
    house.check(job, JobState::Cancelled, "0.04").await;
}
