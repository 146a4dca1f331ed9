//! Tasks that shutdown waits for.

use std::time::Duration;

use fourfold_service::Spawner;
use tokio::runtime::Handle;

#[tokio::test]
async fn stop_tells_the_tasks_and_waits_until_they_have_ended() {
    let spawner = Spawner::new(Handle::current());
    let stopping = spawner.stopping().clone();
    let task = spawner.start(async move {
        stopping.cancelled().await;
        tokio::task::yield_now().await;
        "cleaned up"
    });
    assert!(!spawner.stopping().is_cancelled());
    assert!(spawner.stop(Duration::from_secs(60)).await);
    assert!(task.is_finished());
    assert_eq!(task.await.unwrap(), "cleaned up");
}

#[tokio::test(start_paused = true)]
async fn stop_waits_no_longer_than_its_patience() {
    let spawner = Spawner::new(Handle::current());
    spawner.start(std::future::pending::<()>());
    assert!(!spawner.stop(Duration::from_secs(60)).await);
}

#[tokio::test]
async fn stop_with_nothing_to_wait_for_is_done() {
    assert!(Spawner::new(Handle::current()).stop(Duration::ZERO).await);
}

#[tokio::test]
async fn a_task_that_panics_is_no_longer_waited_for() {
    let spawner = Spawner::new(Handle::current());
    let task = spawner.start(async { panic!("on purpose") });
    assert!(spawner.clone().stop(Duration::from_secs(60)).await);
    assert!(task.await.unwrap_err().is_panic());
}
