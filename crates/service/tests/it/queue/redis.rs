//! The queue and the signals of many processes on a Redis.

mod encryption;
mod outages;
mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fourfold_servers::Redis;
use fourfold_service::backends::{RedisLink, RedisQueue, RedisSettings, RedisSignals};
use fourfold_service::ports::{JobQueue, JobSignals};
use fourfold_service::testing::conformance;
use fourfold_service::{Clock, Spawner, SystemClock};
use tokio::runtime::Handle;

pub(crate) use shared::in_time;

/// Settings that nobody else on the same server has.
pub(crate) fn settings(redis: &Redis) -> RedisSettings {
    static PREFIXES: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("test-{}", PREFIXES.fetch_add(1, Ordering::Relaxed));
    RedisSettings { url: Some(redis.url()), prefix, ..RedisSettings::default() }
}

pub(crate) fn link(settings: &RedisSettings) -> RedisLink {
    RedisLink::open(settings).unwrap().unwrap()
}

/// A node's queue, which works until the test ends.
fn node_with(settings: &RedisSettings, clock: Arc<dyn Clock>) -> RedisQueue {
    RedisQueue::start(link(settings), settings, clock, &Spawner::new(Handle::current()))
}

fn node(settings: &RedisSettings) -> RedisQueue {
    node_with(settings, Arc::new(SystemClock))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_keeps_every_rule() {
    let redis = Redis::start().unwrap();
    let make = async |clock| Arc::new(node_with(&settings(&redis), clock)) as Arc<dyn JobQueue>;
    conformance::job_queue(make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_keep_every_rule() {
    let redis = Redis::start().unwrap();
    let make = async || {
        let spawner = Spawner::new(Handle::current());
        Arc::new(RedisSignals::start(link(&settings(&redis)), &spawner)) as Arc<dyn JobSignals>
    };
    conformance::job_signals(make).await.unwrap();
}
