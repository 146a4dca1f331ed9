//! Leases while a vendor takes its time. The clock is tokio's, paused: time passes when all wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, InstanceId, JobState, MediaMaker, MediaRequest, Output, Poll,
    ProviderError, Started, UpstreamTask,
};
use fourfold_service::jobs::{AttemptState as A, JobSettings};
use fourfold_service::ports::InstanceStore as _;
use fourfold_service::{Clock, Spawner, Timestamp};
use tokio::runtime::Handle;
use tokio::time::Instant;
use uuid::Uuid;

use super::house::{House, Plan, attempts};
use super::script::{MockMaker, here, vendor};

/// A vendor that takes a while.
struct Slow {
    takes: Duration,
    starts: Arc<AtomicU32>,
}

#[async_trait]
impl MediaMaker for Slow {
    async fn start(&self, _: MediaRequest, _: AttemptContext) -> Result<Started, ProviderError> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        Ok(Started::Done(here(1)))
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        panic!("nobody was to poll {task:?}")
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        panic!("nobody was to fetch {output:?}")
    }

    async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        panic!("nobody was to cancel {task:?}")
    }
}

/// Tokio's time since the start of the test.
pub(crate) struct PausedClock(Instant);

impl PausedClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    pub(super) fn plan() -> Plan {
        Plan { clock: Some(Arc::new(Self::new())), ..Plan::default() }
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000).after(self.0.elapsed())
    }
}

async fn slow(takes: Duration) -> (House, Arc<AtomicU32>) {
    let starts = Arc::new(AtomicU32::new(0));
    let slow = vendor("acme", Slow { takes, starts: starts.clone() });
    (House::with(PausedClock::plan(), [slow]).await, starts)
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_while_the_vendor_takes_its_time() {
    let (house, starts) = slow(Duration::from_secs(300)).await;
    let spawner = Spawner::new(Handle::current());
    let job = house.submit(1).await;
    house.worker.start(&spawner);
    let other = house.other_worker();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(50)).await;
        other.look_at(job).await;
        assert_eq!(house.view(job).await.job.state, JobState::Starting);
    }
    house.jobs().wait(job, Duration::from_secs(100)).await.unwrap();
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    assert!(spawner.stop(Duration::from_secs(10)).await);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_while_a_shutdown_waits_for_the_vendor() {
    let (house, starts) = slow(Duration::from_secs(300)).await;
    let spawner = Spawner::new(Handle::current());
    let job = house.submit(1).await;
    house.worker.start(&spawner);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let other = house.other_worker();
    let others_look = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(50)).await;
            other.look_at(job).await;
        }
    };
    let (stopped, ()) = tokio::join!(spawner.stop(Duration::from_secs(310)), others_look);
    assert!(stopped);
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(starts.load(Ordering::SeqCst), 1);
}

/// While the database can't be written, no lease is renewed; the one who works isn't gone for that.
#[tokio::test(start_paused = true)]
async fn a_job_whose_lease_ran_out_is_not_begun_anew_beside_its_own_worker() {
    let (house, starts) = slow(Duration::from_secs(300)).await;
    let job = house.submit(1).await;
    // Nobody renews: the worker wasn't started, it only looks.
    let working = house.worker.look_at(job);
    let looks_again = async {
        tokio::time::sleep(Duration::from_secs(200)).await;
        house.worker.look_at(job).await;
        assert_eq!(house.view(job).await.job.state, JobState::Starting);
    };
    tokio::join!(working, looks_again);
    house.check(job, JobState::Succeeded, "0.04").await;
    assert_eq!(starts.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lost_its_lease_stops_and_changes_nothing() {
    let (house, starts) = slow(Duration::from_secs(300)).await;
    let spawner = Spawner::new(Handle::current());
    let job = house.submit(1).await;
    house.worker.start(&spawner);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(starts.load(Ordering::SeqCst), 1);

    // Another process takes everything over, and finds a doubt.
    house.store.supersede(InstanceId::new(Uuid::now_v7())).await.unwrap();
    house.other_worker().look_at(job).await;
    house.check(job, JobState::Failed, "0").await;

    // The first hears of it with its next renewal, long before its vendor answers.
    assert!(spawner.stop(Duration::from_secs(10)).await);
    house.check(job, JobState::Failed, "0").await;
    assert_eq!(attempts(&house.view(job).await), [("acme", A::Uncertain)]);
}

#[tokio::test(start_paused = true)]
async fn who_was_asleep_past_his_lease_cannot_record_what_he_got() {
    // No renewal: the worker isn't started, it only looks.
    let (house, starts) = slow(Duration::from_secs(60)).await;
    let job = house.submit(1).await;
    let other = house.other_worker();
    let takes_over = async {
        tokio::time::sleep(Duration::from_secs(40)).await;
        other.look_at(job).await;
    };
    tokio::join!(house.worker.look_at(job), takes_over);
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    house.check(job, JobState::Failed, "0").await;
    assert_eq!(attempts(&house.view(job).await), [("acme", A::Uncertain)]);
}

#[tokio::test]
async fn with_too_little_lease_left_nobody_is_asked() {
    let settings = JobSettings { send_margin: Duration::from_secs(31), ..JobSettings::default() };
    let plan = Plan { jobs: settings, ..Plan::default() };
    let house = House::with(plan, [vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    let view = house.look(job).await;
    house.check(job, JobState::Queued, "0").await;
    assert_eq!(attempts(&view), [("acme", A::NotSent)]);
    assert_eq!(house.due_in(job).await, Duration::ZERO);
}
