//! Tasks that may go on after their jobs have expired.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Cancelled, Effect, JobId, JobState, Poll, Reason};
use fourfold_service::Timestamp;
use fourfold_service::credits::{CreditsService, EntryKind};
use fourfold_service::jobs::{AttemptState as A, JobParts, JobSettings, JobWorker};
use fourfold_service::ports::{AccountStore as _, JobStore as _};
use fourfold_service::testing::{TestClock, account_subject};

use super::house::{House, Plan, attempts};
use super::script::{MockMaker, failure, here, running, task, vendor};

/// A job that has expired while its vendor worked on it; what the vendor says afterwards.
async fn expired<const N: usize>(
    late_poll: Duration,
    stop: Cancelled,
    afterwards: [Result<Poll, fourfold_domain::ProviderError>; N],
) -> (House, JobId) {
    let maker = MockMaker::starting([Ok(task(5))])
        .polling([running(None, 60 * 60), running(None, 60 * 60)])
        .polling(afterwards)
        .cancelling([Ok(stop)]);
    let plan = Plan { jobs: JobSettings { late_poll, ..JobSettings::default() }, ..Plan::default() };
    let house = House::with(plan, [vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.bring_to_an_end(job).await;
    house.check(job, JobState::Expired, "0").await;
    (house, job)
}

pub(super) async fn losses(house: &House) -> Vec<String> {
    let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
    let entries = house.store.entries(account.id, None, 100).await.unwrap();
    let losses = entries.iter().filter(|entry| entry.kind == EntryKind::Loss);
    losses.map(|entry| entry.amount.to_string()).collect()
}

async fn is_looked_at(house: &House, job: JobId) -> bool {
    let due = house.store.due(Some(Timestamp::from_millis(i64::MAX)), 10).await.unwrap();
    due.iter().any(|due| due.job == job)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn what_the_vendor_delivers_late_is_the_operators_loss() {
    let afterwards = [running(None, 60), Ok(Poll::Done(here(1)))];
    let (house, job) = expired(DAY, Cancelled::Unsupported, afterwards).await;
    // A tenth of the rate.
    assert_eq!(house.due_in(job).await, Duration::from_secs(50));
    house.look(job).await;
    assert_eq!((house.due_in(job).await, losses(&house).await), (Duration::from_secs(600), Vec::new()));
    let view = house.look(job).await;
    assert_eq!(attempts(&view), [("acme", A::Lost)]);
    assert_eq!(losses(&house).await, ["-0.04"]);
    assert_eq!((view.artifacts.len(), house.objects(), is_looked_at(&house, job).await), (0, 0, false));
    house.check(job, JobState::Expired, "0").await;

    // What vendors cost is for the operator alone, and a page is full all the same.
    let credits = CreditsService::new(Arc::new(house.store.clone()));
    let own = credits.own_entries(&account_subject("u1"), None, 2).await.unwrap();
    let kinds: Vec<_> = own.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Release, EntryKind::Hold]);
}

#[tokio::test]
async fn a_late_failure_is_no_loss() {
    let afterwards = [
        Err(failure(Reason::Timeout, Effect::MayHaveStarted)),
        Ok(Poll::Failed(failure(Reason::Failed, Effect::Started))),
    ];
    let (house, job) = expired(DAY, Cancelled::TooLate, afterwards).await;
    house.look(job).await;
    assert_eq!(house.due_in(job).await, Duration::from_secs(20));
    let view = house.look(job).await;
    assert_eq!((attempts(&view), losses(&house).await), (vec![("acme", A::Failed)], Vec::new()));
    assert!(!is_looked_at(&house, job).await);
    house.check(job, JobState::Expired, "0").await;
}

#[tokio::test]
async fn a_task_of_which_nothing_is_heard_is_given_up_after_its_time() {
    let (minute, afterwards) = (Duration::from_secs(60), [running(None, 60), running(None, 60)]);
    let (house, job) = expired(minute, Cancelled::Unsupported, afterwards).await;
    house.look(job).await;
    assert_eq!(house.due_in(job).await, Duration::from_secs(10));
    let view = house.look(job).await;
    assert_eq!((attempts(&view), losses(&house).await), (vec![("acme", A::Uncertain)], Vec::new()));
    assert!(!is_looked_at(&house, job).await);
    house.check(job, JobState::Expired, "0").await;
}

#[tokio::test]
async fn a_task_that_was_stopped_is_asked_about_no_more() {
    let (house, job) = expired(DAY, Cancelled::Stopped { used: None }, []).await;
    assert!(!is_looked_at(&house, job).await);
}

#[tokio::test]
async fn an_operator_may_want_no_late_looks() {
    let (house, job) = expired(Duration::ZERO, Cancelled::Unsupported, []).await;
    assert!(!is_looked_at(&house, job).await);
}

#[tokio::test]
async fn whether_a_deadline_is_over_the_databases_clock_decides_and_not_the_workers() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let waiting = house.submit(1).await;
    let slow = JobWorker::new(JobParts { clock: Arc::new(TestClock::default()), ..house.parts.clone() });

    house.clock.advance(Duration::from_secs(60 * 60));
    slow.look_at(waiting).await;
    assert_eq!(attempts(&house.view(waiting).await), []);
    house.check_state(waiting, JobState::Expired).await;
}
