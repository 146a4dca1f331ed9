//! Tasks that are polled.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Effect, JobState, MediaMaker, MediaRequest, Output, Poll,
    ProviderError, Reason, Started, UpstreamTask,
};
use fourfold_service::Spawner;
use fourfold_service::jobs::AttemptState as A;
use tokio::runtime::Handle;

use super::house::{House, Plan, attempts, error};
use super::leases::PausedClock;
use super::script::{MockMaker, at_links, failure, here, running, task, vendor};

#[tokio::test]
async fn a_task_is_polled_until_it_is_done() {
    let maker = MockMaker::starting([Ok(task(5))])
        .polling([running(None, 2), running(Some(40), 3), running(Some(30), 1), Ok(Poll::Done(at_links(1)))])
        .fetching(1);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    for (progress, seconds) in [(None, 5), (None, 2), (Some(40), 3), (Some(40), 1)] {
        let view = house.look(job).await;
        assert_eq!((view.job.state, view.job.progress), (JobState::Running, progress));
        assert_eq!(house.due_in(job).await, Duration::from_secs(seconds));
        house.check(job, JobState::Running, "0").await;
    }
    let view = house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(attempts(&view), [("acme", A::Succeeded)]);
}

#[tokio::test]
async fn a_poll_may_bring_the_pictures_themselves() {
    let maker = MockMaker::starting([Ok(task(0))]).polling([Ok(Poll::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    let view = house.bring_to_an_end(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(house.picture(&view.artifacts[0].object).await, "picture 0");
}

#[tokio::test]
async fn a_failed_poll_is_not_a_failed_job() {
    let failed = |reason, effect| Err(failure(reason, effect));
    let maker = MockMaker::starting([Ok(task(0))]).polling([
        failed(Reason::Timeout, Effect::MayHaveStarted),
        failed(Reason::NotFound, Effect::NotStarted),
        failed(Reason::Failed, Effect::Started),
        running(None, 5),
        failed(Reason::Unauthorized, Effect::NotStarted),
        Ok(Poll::Done(here(1))),
    ]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.look(job).await;
    // Longer each time, and from the start again after one that succeeded.
    for seconds in [2, 4, 8, 5, 2] {
        house.look(job).await;
        assert_eq!(house.due_in(job).await, Duration::from_secs(seconds));
        house.check(job, JobState::Running, "0").await;
    }
    house.look(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}

#[tokio::test]
async fn the_vendors_verdict_fails_the_job() {
    let verdict = failure(Reason::Refused, Effect::Started);
    let maker = MockMaker::starting([Ok(task(0))]).polling([Ok(Poll::Failed(verdict))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    let view = house.bring_to_an_end(job).await;
    house.check(job, JobState::Failed, "0").await;
    assert_eq!((error(&view), attempts(&view)), (Some("refused"), vec![("acme", A::Failed)]));
}

#[tokio::test]
async fn a_task_past_the_deadline_expires_and_the_vendor_is_asked_to_stop() {
    for answer in [Ok(Cancelled::Unsupported), Err(failure(Reason::Unavailable, Effect::NotStarted))] {
        let maker = MockMaker::starting([Ok(task(0))])
            .polling([running(None, 60 * 60), running(None, 60 * 60)])
            .cancelling([answer]);
        let house = House::with(Plan::default(), [vendor("acme", maker)]).await;
        let job = house.submit(1).await;
        let view = house.bring_to_an_end(job).await;
        house.check(job, JobState::Expired, "0").await;
        assert_eq!(error(&view), Some("expired"));
    }
}
#[tokio::test]
async fn what_the_vendor_finished_before_we_looked_again_is_delivered_past_the_deadline() {
    let maker = MockMaker::starting([Ok(task(0))]).polling([running(None, 60 * 60), Ok(Poll::Done(here(1)))]);
    let house = House::with(Plan::default(), [vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.bring_to_an_end(job).await;
    house.check(job, JobState::Succeeded, "0.04").await;
}

/// Takes every task, delivers what is asked for third at once, and never says how a task stands.
struct Silent(AtomicU32);

#[async_trait]
impl MediaMaker for Silent {
    async fn start(&self, _: MediaRequest, _: AttemptContext) -> Result<Started, ProviderError> {
        let earlier = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(if earlier < 2 { task(1) } else { Started::Done(here(1)) })
    }

    async fn poll(&self, _: &UpstreamTask) -> Result<Poll, ProviderError> {
        std::future::pending().await
    }

    async fn fetch(&self, _: &Output) -> Result<ByteStream, ProviderError> {
        unreachable!("nothing is to be fetched")
    }

    async fn cancel(&self, _: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        unreachable!("nothing is called off")
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_look_at_a_task_keeps_no_other_job_waiting() {
    let mut plan = PausedClock::plan();
    (plan.jobs.workers, plan.jobs.polls) = (1, 1);
    let house = House::with(plan, [vendor("acme", Silent(AtomicU32::new(0)))]).await;
    let spawner = Spawner::new(Handle::current());
    house.worker.start(&spawner);
    let (first, second) = (house.submit(1).await, house.submit(1).await);
    let both_are_looked_at = Duration::from_secs(5);
    house.jobs().wait(second, both_are_looked_at).await.unwrap();
    let third = house.submit(1).await;
    house.jobs().wait(third, Duration::from_secs(10)).await.unwrap();
    house.check_state(third, JobState::Succeeded).await;
    for job in [first, second] {
        house.check_state(job, JobState::Running).await;
    }
}
