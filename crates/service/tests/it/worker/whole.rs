//! Everything running together, as in a server.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{JobId, JobState, Poll, Started};
use fourfold_service::artifacts::{ArtifactSettings, ArtifactsService, TokenKey};
use fourfold_service::backends::InProcessQueue;
use fourfold_service::jobs::{JobSweep, JobUpdate};
use fourfold_service::ports::{AccountStore as _, JobStore as _};
use fourfold_service::testing::{account_subject, credits};
use fourfold_service::{Spawner, StoreError};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::runtime::Handle;

use super::house::{House, submission};
use super::leases::PausedClock;
use super::script::{MockMaker, here, running, task, vendor};

const PATIENCE: Duration = Duration::from_secs(60);

fn sweep(house: &House) -> JobSweep {
    let artifacts = ArtifactsService::new(
        house.parts.store.clone(),
        house.parts.storage.clone(),
        house.parts.clock.clone(),
        TokenKey::new(&[7; 32]),
        ArtifactSettings::default(),
    );
    JobSweep::new(house.parts.clone(), artifacts)
}

#[tokio::test(start_paused = true)]
async fn many_jobs_go_from_submit_to_picture_by_themselves() {
    let mut maker = MockMaker::new();
    maker.expect_start().times(30).returning(|_, _| Ok(Started::Done(here(1))));
    let house = House::with(PausedClock::plan(), [vendor("acme", maker)]).await;
    let spawner = Spawner::new(Handle::current());
    house.worker.start(&spawner);
    let mut jobs: Vec<JobId> = Vec::new();
    for _ in 0..30 {
        jobs.push(house.submit(1).await);
    }
    for job in jobs {
        let view = house.jobs().wait(job, PATIENCE).await.unwrap();
        assert_eq!((view.job.state, view.job.charged), (JobState::Succeeded, credits("0.04")));
    }
    assert!(spawner.stop(PATIENCE).await);
    let account = house.store.account(&account_subject("u1")).await.unwrap().unwrap();
    assert_eq!((account.available, account.held), (credits("8.8"), credits("0")));
    assert_eq!(house.store.audit().await.unwrap().findings, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn a_listener_sees_every_state_and_then_the_end() {
    let maker = MockMaker::starting([Ok(task(5))]).polling([
        running(Some(40), 5),
        running(Some(80), 5),
        Ok(Poll::Done(here(1))),
    ]);
    let house = House::with(PausedClock::plan(), [vendor("acme", maker)]).await;
    let spawner = Spawner::new(Handle::current());
    let view = house.jobs().submit(submission(1)).await.unwrap();
    let following = house.jobs().follow(view.clone(), Some(0));
    house.worker.start(&spawner);
    let updates: Vec<JobUpdate> =
        tokio::time::timeout(PATIENCE, following.try_collect()).await.unwrap().unwrap();
    let told: Vec<String> = updates
        .iter()
        .map(|update| match update {
            JobUpdate::State(event, view) => {
                assert_eq!((event.state, event.version), (view.job.state, view.job.version));
                event.state.to_string()
            }
            JobUpdate::Progress(view) => format!("{} %", view.job.progress.unwrap()),
        })
        .collect();
    assert_eq!(told, ["queued", "starting", "running", "40 %", "80 %", "storing", "succeeded"]);

    // Who comes late is told the rest, or the end alone.
    let after = |version| {
        house.jobs().follow(view.clone(), version).map(|update| match update.unwrap() {
            JobUpdate::State(event, _) => event.state,
            JobUpdate::Progress(_) => panic!("a final job makes no progress"),
        })
    };
    let rest: Vec<JobState> = after(Some(3)).collect().await;
    assert_eq!(rest, [JobState::Storing, JobState::Succeeded]);
    assert_eq!(after(Some(5)).count().await, 0);
    let done = house.view(view.job.id).await;
    assert_eq!(house.jobs().follow(done, None).count().await, 1);
    assert!(spawner.stop(PATIENCE).await);
}

#[tokio::test(start_paused = true)]
async fn the_sweep_brings_back_what_the_queue_lost() {
    let maker = MockMaker::starting([Ok(Started::Done(here(1)))]);
    let house = House::with(PausedClock::plan(), [vendor("acme", maker)]).await;
    let spawner = Spawner::new(Handle::current());
    let job = house.submit(1).await;
    assert_eq!(house.parts.queue.next().await.job, job);
    house.worker.start(&spawner);
    sweep(&house).start(&spawner);
    house.jobs().wait(job, PATIENCE).await.unwrap();
    house.check(job, JobState::Succeeded, "0.04").await;
    assert!(spawner.stop(PATIENCE).await);
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_filled_again_at_start_with_what_waits_too() {
    let maker = MockMaker::starting([Ok(task(20))]).polling([Ok(Poll::Done(here(1)))]);
    let mut house = House::with(PausedClock::plan(), [vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.worker.look_at(job).await;
    // Started again: the same database, and a queue that knows nothing.
    house.parts.queue = Arc::new(InProcessQueue::new(house.parts.clock.clone()));
    house.worker = house.other_worker();
    sweep(&house).rebuild().await.unwrap();
    assert_eq!(house.parts.queue.waiting().await.unwrap().depth, 1);
    let spawner = Spawner::new(Handle::current());
    house.worker.start(&spawner);
    house.jobs().wait(job, PATIENCE).await.unwrap();
    house.check(job, JobState::Succeeded, "0.04").await;
    assert!(spawner.stop(PATIENCE).await);
}

#[tokio::test]
async fn without_a_worker_nothing_moves() -> Result<(), StoreError> {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    assert_eq!(house.store.due(None, 10).await?.len(), 1);
    house.check(job, JobState::Queued, "0").await;
    Ok(())
}
