//! All of Redis may be lost.

use std::time::{Duration, Instant};

use fourfold_domain::JobId;
use fourfold_servers::Redis;
use fourfold_service::Spawner;
use fourfold_service::backends::RedisSignals;
use fourfold_service::ports::{JobQueue, JobSignals as _};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::shared::{announce_until_heard, due, in_time};
use super::{link, node, settings};

/// Waits until the queue says of itself that it is there, or that it isn't.
async fn until_health_is(queue: &impl JobQueue, there: bool) {
    in_time(async {
        while queue.health().await.is_ok() != there {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Pushes until a job comes: what is pushed while Redis is gone is lost, as the trait allows.
async fn push_until_taken(queue: &impl JobQueue) {
    in_time(async {
        loop {
            queue.push(due(Duration::ZERO)).await;
            if tokio::time::timeout(Duration::from_millis(100), queue.next()).await.is_ok() {
                return;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_back_it_goes_on() {
    let mut redis = Redis::start().unwrap();
    let queue = node(&settings(&redis));
    queue.push(due(Duration::ZERO)).await;
    in_time(queue.next()).await;

    redis.kill().unwrap();
    until_health_is(&queue, false).await;
    assert_eq!(queue.waiting().await, None);
    let began = Instant::now();
    for _ in 0..1000 {
        queue.push(due(Duration::ZERO)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(5), "who submits waits for a Redis that is gone");

    redis.start_again().unwrap();
    until_health_is(&queue, true).await;
    push_until_taken(&queue).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taker_who_waits_while_it_is_restarted_gets_what_comes_after() {
    let mut redis = Redis::start().unwrap();
    let settings = settings(&redis);
    let (taking, pushing) = (node(&settings), node(&settings));
    push_until_taken(&taking).await;
    let spawner = Spawner::new(Handle::current());
    let taken = spawner.start(async move { taking.next().await });
    redis.kill().unwrap();
    redis.start_again().unwrap();
    until_health_is(&pushing, true).await;
    let due = due(Duration::from_millis(5));
    pushing.push(due).await;
    assert_eq!(in_time(taken).await.unwrap().job, due.job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushed_it_makes_its_lines_again() {
    let redis = Redis::start().unwrap();
    let queue = node(&settings(&redis));
    for _ in 0..3 {
        queue.push(due(Duration::ZERO)).await;
    }
    let unacknowledged = in_time(queue.next()).await;
    redis.flush().unwrap();
    queue.acknowledge(unacknowledged).await;
    assert_eq!(queue.waiting().await.unwrap().depth, 0);
    let due = due(Duration::ZERO);
    queue.push(due).await;
    assert_eq!(in_time(queue.next()).await.job, due.job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_be_gone_at_the_start() {
    let mut redis = Redis::start().unwrap();
    redis.kill().unwrap();
    let queue = node(&settings(&redis));
    queue.push(due(Duration::ZERO)).await;
    assert!(queue.health().await.unwrap_err().starts_with("redis"));
    redis.start_again().unwrap();
    push_until_taken(&queue).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_are_woken_when_signals_come_again() {
    let mut redis = Redis::start().unwrap();
    let settings = settings(&redis);
    let spawner = Spawner::new(Handle::current());
    let nodes = [(); 2].map(|()| RedisSignals::start(link(&settings), &spawner));
    let job = JobId::new(Uuid::now_v7());
    let mut listener = nodes[1].listen(job);
    announce_until_heard(&nodes[0], job, &mut listener).await;

    redis.kill().unwrap();
    listener.mark_unchanged();
    redis.start_again().unwrap();
    in_time(listener.changed()).await.unwrap();
    let job = JobId::new(Uuid::now_v7());
    let mut listener = nodes[1].listen(job);
    announce_until_heard(&nodes[0], job, &mut listener).await;
}

/// What isn't due yet is left to the sweep.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_is_gone_who_waits_gets_what_the_same_process_pushes() {
    let mut redis = Redis::start().unwrap();
    let queue = node(&settings(&redis));
    redis.kill().unwrap();
    until_health_is(&queue, false).await;

    queue.push(due(Duration::ZERO)).await;
    let (later, now) = (due(Duration::from_secs(1)), due(Duration::ZERO));
    let (taken, ()) = in_time(async {
        tokio::join!(biased; queue.next(), async {
            queue.push(later).await;
            queue.push(now).await;
        })
    })
    .await;
    assert_eq!((taken.job, &taken.receipt), (now.job, &None));
    queue.acknowledge(taken).await;
}
