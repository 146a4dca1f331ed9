//! Several nodes on one Redis.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{JobId, JobState, Priority};
use fourfold_servers::Redis;
use fourfold_service::backends::RedisSignals;
use fourfold_service::ports::{DueJob, JobQueue as _, JobSignal, JobSignals as _};
use fourfold_service::{Clock as _, Spawner, SystemClock};
use tokio::runtime::Handle;
use tokio::time::timeout;
use uuid::Uuid;

use super::{link, node, settings};

/// Nothing here takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn due(wait: Duration) -> DueJob {
    let next_at = SystemClock.now().after(wait);
    DueJob { job: JobId::new(Uuid::now_v7()), priority: Priority::Normal, next_at }
}

pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("it hangs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_job_goes_to_one_of_two_nodes() {
    let redis = Redis::start().unwrap();
    let settings = settings(&redis);
    let nodes = [Arc::new(node(&settings)), Arc::new(node(&settings))];
    let takers: tokio::task::JoinSet<Vec<JobId>> = (0..8)
        .map(|taker| {
            let node = nodes[taker % 2].clone();
            async move {
                let mut jobs = Vec::new();
                for _ in 0..25 {
                    let taken = node.next().await;
                    jobs.push(taken.job);
                    node.acknowledge(taken).await;
                }
                jobs
            }
        })
        .collect();
    let mut pushed = BTreeSet::new();
    for number in 0..200 {
        let due = due(Duration::from_millis(number % 7));
        pushed.insert(due.job);
        nodes[0].push(due).await;
    }
    let taken = in_time(takers.join_all()).await.concat();
    assert_eq!(taken.len(), 200);
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), pushed);
    assert_eq!(nodes[1].waiting().await.unwrap().depth, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_takes_no_more_than_its_workers_wait_for() {
    let redis = Redis::start().unwrap();
    let settings = settings(&redis);
    let (busy, idle) = (node(&settings), node(&settings));
    for _ in 0..10 {
        busy.push(due(Duration::ZERO)).await;
    }
    let _working_on = in_time(busy.next()).await;
    assert_eq!(busy.waiting().await.unwrap().depth, 9);
    for _ in 0..9 {
        in_time(idle.next()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_node_took_is_given_to_another() {
    let redis = Redis::start().unwrap();
    let mut settings = settings(&redis);
    settings.stale = Duration::from_millis(300);
    let (dying, living) = (node(&settings), node(&settings));
    let due = due(Duration::ZERO);
    dying.push(due).await;
    let unacknowledged = in_time(dying.next()).await;
    assert_eq!(unacknowledged.job, due.job);
    drop(dying);
    let claimed = in_time(living.next()).await;
    assert_eq!(claimed.job, due.job);
    living.acknowledge(claimed).await;
    let again = timeout(settings.stale * 3, living.next()).await;
    assert!(again.is_err(), "what was acknowledged came back: {again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_earlier_of_two_moments_wakes_a_taker_who_waits_for_the_later() {
    let redis = Redis::start().unwrap();
    let settings = settings(&redis);
    let (pushing, taking) = (node(&settings), node(&settings));
    pushing.push(due(Duration::from_secs(3600))).await;
    let spawner = Spawner::new(Handle::current());
    let taken = spawner.start(async move { taking.next().await });
    let soon = due(Duration::from_millis(50));
    pushing.push(soon).await;
    assert_eq!(in_time(taken).await.unwrap().job, soon.job);
    assert_eq!(pushing.waiting().await.unwrap().depth, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_age_of_the_oldest_is_told_until_it_is_taken() {
    let redis = Redis::start().unwrap();
    let node = node(&settings(&redis));
    node.push(due(Duration::ZERO)).await;
    let grown = async {
        while node.waiting().await.unwrap().oldest_age < Duration::from_millis(30) {
            tokio::task::yield_now().await;
        }
    };
    in_time(grown).await;
    let _taken = in_time(node.next()).await;
    assert_eq!(node.waiting().await.unwrap().oldest_age, Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_announces_another_hears() {
    let redis = Redis::start().unwrap();
    let settings = settings(&redis);
    let spawner = Spawner::new(Handle::current());
    let nodes = [(); 2].map(|()| RedisSignals::start(link(&settings), &spawner));
    let job = JobId::new(Uuid::now_v7());
    let mut listener = nodes[1].listen(job);
    let last = announce_until_heard(&nodes[0], job, &mut listener).await;
    let signal = JobSignal { job, version: last + 1, state: JobState::Succeeded, progress: Some(100) };
    nodes[0].announce(signal);
    let heard = in_time(listener.wait_for(|heard| heard.is_some_and(|heard| heard.state.is_final()))).await;
    assert_eq!(*heard.unwrap(), Some(signal));
    assert!(spawner.stop(PATIENCE).await);
}

/// A node hears others once it listens; gives the version that was heard first.
pub(super) async fn announce_until_heard(
    sender: &RedisSignals,
    job: JobId,
    listener: &mut tokio::sync::watch::Receiver<Option<JobSignal>>,
) -> u32 {
    in_time(async {
        for version in 1.. {
            sender.announce(JobSignal { job, version, state: JobState::Running, progress: None });
            let heard = listener.wait_for(|heard| heard.is_some_and(|heard| heard.version >= version));
            if timeout(Duration::from_millis(50), heard).await.is_ok() {
                return version;
            }
        }
        unreachable!("versions don't end")
    })
    .await
}
