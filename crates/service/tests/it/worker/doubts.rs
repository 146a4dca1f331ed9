//! Attempts in doubt, compared with what their vendors say.

use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, MediaMaker, MediaRequest, Output, Poll, ProviderError, Started,
    UpstreamTask,
};
use fourfold_service::reconcile::{ReconcileService, Told};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::house::House;
use super::leases::PausedClock;
use super::script::{task, vendor};

/// Takes every task and says nothing about it any more.
struct Mute;

#[async_trait]
impl MediaMaker for Mute {
    async fn start(&self, _: MediaRequest, _: AttemptContext) -> Result<Started, ProviderError> {
        Ok(task(1))
    }

    async fn poll(&self, _: &UpstreamTask) -> Result<Poll, ProviderError> {
        std::future::pending().await
    }

    async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError> {
        unreachable!("nobody was to fetch {output:?}")
    }

    async fn cancel(&self, _: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        Ok(Cancelled::Unsupported)
    }
}

#[tokio::test(start_paused = true)]
async fn a_comparison_ends_within_a_minute_and_names_who_was_not_asked() {
    let house = House::with(PausedClock::plan(), [vendor("acme", Mute)]).await;
    let clock = house.parts.clock.clone();
    let from = clock.now();
    let mut jobs = Vec::new();
    for _ in 0..20 {
        jobs.push(house.submit(1).await);
    }
    join_all(jobs.iter().map(|job| house.worker.look_at(*job))).await;
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    join_all(jobs.iter().map(|job| house.worker.look_at(*job))).await;

    let books = ReconcileService::new(house.parts.store.clone(), house.parts.routing.clone(), clock.clone());
    let asked_at = Instant::now();
    let found = books.reconcile(from, clock.now(), false).await.unwrap();
    assert!(asked_at.elapsed() <= Duration::from_secs(60), "{:?}", asked_at.elapsed());
    let is_unasked = |told: &Told| matches!(told, Told::Nothing(why) if why.contains("wasn't asked"));
    let unasked = found.doubts.iter().filter(|doubt| is_unasked(&doubt.told)).count();
    // Two rounds of eight, each half a minute.
    assert_eq!((found.doubts.len(), unasked), (20, 4));
}
