//! Jobs that their owners delete: nothing is left of their results, whenever those come.

use fourfold_domain::{Cancelled, JobId, JobState, Poll, Started};
use fourfold_service::ServiceError;
use fourfold_service::jobs::{Deletion, JobSettings};

use super::house::House;
use super::script::{MockMaker, here, task, vendor};
use super::sweeps::sweep;

async fn delete(house: &House, job: JobId) -> Result<(), ServiceError> {
    let account = house.view(job).await.job.account;
    house.jobs().delete(account, job).await
}

/// Nothing is left but the row and what it was charged.
async fn is_gone(house: &House, job: JobId, charged: &str) {
    let view = house.view(job).await;
    assert_eq!((house.objects(), view.job.deletion), (0, Deletion::Gone));
    assert!(view.artifacts.iter().all(|artifact| artifact.removed_at.is_some()), "{view:?}");
    house.check(job, view.job.state, charged).await;
}

#[tokio::test]
async fn the_results_of_a_job_that_is_done_go_at_once() {
    let maker = MockMaker::starting([Ok(Started::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.bring_to_an_end(job).await;
    assert_eq!(house.objects(), 1);
    for _ in 0..2 {
        delete(&house, job).await.unwrap();
        is_gone(&house, job, "0.04").await;
    }
}

#[tokio::test]
async fn one_that_nobody_works_on_is_called_off() {
    let house = House::new([vendor("acme", MockMaker::new())]).await;
    let job = house.submit(1).await;
    delete(&house, job).await.unwrap();
    is_gone(&house, job, "0").await;
    assert_eq!(house.view(job).await.job.state, JobState::Cancelled);
}

#[tokio::test]
async fn results_that_come_in_spite_of_the_cancel_are_swept_away() {
    let maker = MockMaker::starting([Ok(task(60))])
        .cancelling([Ok(Cancelled::TooLate)])
        .polling([Ok(Poll::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.look(job).await;
    delete(&house, job).await.unwrap();
    assert_eq!(house.view(job).await.job.deletion, Deletion::Leaving);
    house.bring_to_an_end(job).await;
    assert_eq!((house.view(job).await.job.state, house.objects()), (JobState::Succeeded, 1));
    assert!(sweep(&house, JobSettings::default()).sweep().await.unwrap());
    is_gone(&house, job, "0.04").await;
}

#[tokio::test]
async fn what_the_store_does_not_let_go_is_swept_away_later() {
    let maker = MockMaker::starting([Ok(Started::Done(here(1)))]);
    let house = House::new([vendor("acme", maker)]).await;
    let job = house.submit(1).await;
    house.bring_to_an_end(job).await;
    house.storage.refuse_deletes(2);
    delete(&house, job).await.unwrap();
    let sweep = sweep(&house, JobSettings::default());
    assert!(sweep.sweep().await.unwrap());
    assert_eq!((house.view(job).await.job.deletion, house.objects()), (Deletion::Leaving, 1));
    assert!(sweep.sweep().await.unwrap());
    is_gone(&house, job, "0.04").await;
}
