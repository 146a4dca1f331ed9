//! What runs at the side: one process does it for all, room is given to those who wait, old results go.

use std::time::Duration;

use fourfold_domain::{Effect, InstanceId, JobId, JobState, Reason, Started};
use fourfold_service::artifacts::{ArtifactSettings, ArtifactsService, Retention, TokenKey};
use fourfold_service::backends::InProcessQueue;
use fourfold_service::jobs::{
    Claim, Ended, Ending, Finish, JobError, JobParts, JobSettings, JobSweep, RoomWatch, Submit, Submitted,
};
use fourfold_service::ports::{AccountStore as _, DueJob, JobQueue as _, JobStore as _};
use fourfold_service::testing::{MemoryStore, TestClock, begin, submit};
use fourfold_service::{Idempotency, Refusal, ServiceError};
use std::sync::Arc;
use uuid::Uuid;

use super::house::{House, Plan, submission};
use super::script::{MockMaker, failure, here, vendor};
use crate::ledger::grant;

const KEPT: Duration = Duration::from_secs(60);

fn artifacts(house: &House) -> ArtifactsService {
    ArtifactsService::new(
        house.parts.store.clone(),
        house.parts.storage.clone(),
        house.parts.clock.clone(),
        TokenKey::new(&[7; 32]),
        ArtifactSettings { retention: Some(Retention(KEPT)), ..ArtifactSettings::default() },
    )
}

/// A sweep of another process, with these settings.
pub(super) fn sweep(house: &House, settings: JobSettings) -> JobSweep {
    let instance = InstanceId::new(Uuid::now_v7());
    JobSweep::new(JobParts { instance, settings, ..house.parts.clone() }, artifacts(house))
}

fn delivering(times: usize) -> MockMaker {
    let mut maker = MockMaker::new();
    maker.expect_start().times(times).returning(|_, _| Ok(Started::Done(here(1))));
    maker
}

#[tokio::test]
async fn one_process_sweeps_for_all_and_another_takes_over_when_it_is_gone() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let (first, second) = (sweep(&house, JobSettings::default()), sweep(&house, JobSettings::default()));
    assert!(first.sweep().await.unwrap());
    assert!(!second.sweep().await.unwrap());
    house.clock.advance(Duration::from_secs(14));
    assert!(first.sweep().await.unwrap(), "who has it keeps it");
    house.clock.advance(Duration::from_secs(15));
    assert!(second.sweep().await.unwrap());
    assert!(!first.sweep().await.unwrap());
}

#[tokio::test]
async fn a_job_above_the_cap_begins_when_one_before_it_ends() {
    let jobs = JobSettings { account_max: 1, ..JobSettings::default() };
    let house = House::with(Plan { jobs, ..Plan::default() }, [vendor("acme", delivering(2))]).await;
    let (first, second) = (house.submit(1).await, house.submit(1).await);
    assert_eq!(house.parts.queue.next().await.job, first);
    house.worker.look_at(second).await;
    house.check_state(second, JobState::Queued).await;
    house.worker.look_at(first).await;
    house.check_state(first, JobState::Succeeded).await;
    assert_eq!(house.parts.queue.next().await.job, second, "it was lined up");
    house.worker.look_at(second).await;
    house.check_state(second, JobState::Succeeded).await;
}

#[tokio::test]
async fn a_sweep_lets_go_on_who_waits_where_the_cap_was_raised() {
    let jobs = JobSettings { account_max: 1, ..JobSettings::default() };
    let house = House::with(Plan { jobs, ..Plan::default() }, [vendor("acme", MockMaker::new())]).await;
    let mut all = [house.submit(1).await, house.submit(1).await, house.submit(1).await];
    all.sort();
    assert_eq!(house.store.due(None, 10).await.unwrap().len(), 1);
    assert!(sweep(&house, JobSettings { account_max: 3, ..JobSettings::default() }).sweep().await.unwrap());
    let mut queued = Vec::new();
    for _ in 0..3 {
        queued.push(house.parts.queue.next().await.job);
    }
    queued.sort();
    assert_eq!(queued, all);
}

/// Workers that do whatever the queue gives them, at a store that is never slow.
struct Virtual {
    store: MemoryStore,
    queue: InProcessQueue,
}

impl Virtual {
    async fn submit(&self, user: &str) -> JobId {
        let step = Submit { account_max: 100, ..submit(user, "0.01") };
        match self.store.submit(step).await.unwrap() {
            Submitted::New(job) => {
                let due = DueJob { job: job.id, priority: job.priority, next_at: job.created_at };
                self.queue.push(due).await;
                job.id
            }
            Submitted::Parked(job) => job.id,
            earlier @ Submitted::Earlier(_) => panic!("{earlier:?}"),
        }
    }

    /// Does the next job.
    async fn work(&self) -> JobId {
        let job = self.queue.next().await.job;
        let instance = InstanceId::new(Uuid::now_v7());
        let lease = self.store.claim(Claim { job, instance, lease: KEPT }).await.unwrap().lease;
        self.store.begin_attempt(begin(lease)).await.unwrap();
        let failed = JobError::new("failed", "no");
        let ending = Ending::failed(failed, fourfold_service::jobs::AttemptState::Failed, None);
        let step = Finish { lease, ending, account_max: 100 };
        let Ended { promoted, .. } = self.store.finish(step).await.unwrap();
        for due in promoted {
            self.queue.push(due).await;
        }
        job
    }
}

#[tokio::test]
async fn ten_thousand_jobs_of_one_account_keep_another_waiting_no_longer_than_its_cap() {
    const MANY: usize = 10_000;
    let clock = Arc::new(TestClock::default());
    let workers = Virtual { store: MemoryStore::new(clock.clone()), queue: InProcessQueue::new(clock) };
    for user in ["u1", "u2"] {
        workers.store.grant(grant(user, "1000", &format!("grant:{user}"))).await.unwrap();
    }
    for _ in 0..MANY {
        workers.submit("u1").await;
    }
    for _ in 0..50 {
        workers.work().await;
    }
    let other = workers.submit("u2").await;
    let mut waited = 0;
    while workers.work().await != other {
        waited += 1;
        assert!(waited <= 100, "{waited} jobs of another account were done before it");
    }
    for _ in 0..MANY - 50 - waited {
        workers.work().await;
    }
    assert_eq!(workers.store.due(None, 10).await.unwrap(), Vec::new(), "every job has ended");
}

#[tokio::test]
async fn old_results_are_removed_and_tell_when() {
    let house = House::new([vendor("acme", delivering(2))]).await;
    let old = house.submit(1).await;
    house.bring_to_an_end(old).await;
    house.clock.advance(KEPT);
    let young = house.submit(1).await;
    house.bring_to_an_end(young).await;
    let (sweep, artifacts) = (sweep(&house, JobSettings::default()), artifacts(&house));
    assert_eq!(sweep.remove_old_results().await.unwrap(), 0, "not a moment too early");
    house.clock.advance(Duration::from_millis(1));

    house.storage.refuse_deletes(1);
    assert_eq!(sweep.remove_old_results().await.unwrap(), 0);
    assert_eq!(house.view(old).await.artifacts[0].removed_at, None, "its object is still there");
    let account = house.view(old).await.job.account;
    artifacts.by_job(account, old, 0).await.unwrap();

    assert_eq!(sweep.remove_old_results().await.unwrap(), 1);
    assert_eq!(house.view(old).await.artifacts[0].removed_at, Some(house.now()));
    assert_eq!((house.view(young).await.artifacts[0].removed_at, house.objects()), (None, 1));
    let gone = artifacts.by_job(account, old, 0).await.unwrap_err();
    assert!(matches!(gone, ServiceError::Removed), "{gone:?}");
    assert_eq!(sweep.remove_old_results().await.unwrap(), 0, "once is enough");
    house.check_state(old, JobState::Succeeded).await;
    assert_eq!(house.store.audit().await.unwrap().findings, Vec::new());
}

#[tokio::test]
async fn a_job_that_failed_is_tried_again_as_a_new_one() {
    let maker =
        MockMaker::starting([Err(failure(Reason::Refused, Effect::Started)), Ok(Started::Done(here(2)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let first = house.submit(2).await;
    let refused = |answer: Result<_, ServiceError>| match answer {
        Err(ServiceError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let early = refused(house.jobs().retry(first, None).await);
    assert_eq!(early, Refusal::NotRetryable(JobState::Queued));
    house.bring_to_an_end(first).await;

    let key = || {
        let (method, path) = ("POST".to_owned(), format!("/api/v1/admin/jobs/{first}/retry"));
        Some(Idempotency { method, path, key: "again".to_owned(), fingerprint: [0; 32] })
    };
    let second = house.jobs().retry(first, key()).await.unwrap().job;
    assert_eq!(
        (second.retry_of, second.state, second.held.to_string()),
        (Some(first), JobState::Queued, "0.08".to_owned())
    );
    assert_eq!(second.input, house.view(first).await.job.input);
    assert_eq!(house.jobs().retry(first, key()).await.unwrap().job.id, second.id, "once for a key");
    house.bring_to_an_end(second.id).await;
    house.check(second.id, JobState::Succeeded, "0.08").await;
    let late = refused(house.jobs().retry(second.id, None).await);
    assert_eq!(late, Refusal::NotRetryable(JobState::Succeeded));
}

#[tokio::test]
async fn an_old_result_that_cannot_be_removed_keeps_no_other() {
    let house = House::new([vendor("acme", delivering(3))]).await;
    for _ in 0..3 {
        let job = house.submit(1).await;
        house.bring_to_an_end(job).await;
    }
    house.clock.advance(KEPT + Duration::from_millis(1));
    house.storage.refuse_deletes(1);
    let sweep = sweep(&house, JobSettings::default());
    assert_eq!((sweep.remove_old_results().await.unwrap(), house.objects()), (2, 1));
    assert_eq!((sweep.remove_old_results().await.unwrap(), house.objects()), (1, 0));
}

#[tokio::test]
async fn a_process_that_only_takes_jobs_sees_that_there_is_no_room() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let with_room_for = |free_bytes_min| {
        let settings = ArtifactSettings { free_bytes_min, ..ArtifactSettings::default() };
        let JobParts { store, storage, clock, .. } = house.parts.clone();
        let artifacts = ArtifactsService::new(store, storage, clock, TokenKey::new(&[7; 32]), settings);
        RoomWatch::new(&house.parts, artifacts)
    };
    with_room_for(u64::MAX).look().await;
    let refused = house.jobs().submit(submission(1)).await.unwrap_err();
    assert!(matches!(refused, ServiceError::StorageFull(_)), "{refused:?}");
    with_room_for(0).look().await;
    house.submit(1).await;
}
