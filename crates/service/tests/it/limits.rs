//! Limits of a single process, and those that many keep together on a Redis.

use std::sync::Arc;
use std::time::Duration;

use fourfold_servers::Redis;
use fourfold_service::SystemClock;
use fourfold_service::backends::{InProcessLimits, RedisLimits};
use fourfold_service::ports::{Permits, Rate, SharedLimits, Taking};
use fourfold_service::testing::conformance;

use crate::queue::redis::{in_time, link, settings};

const ALL: Taking = Taking {
    rate: Rate { count: 10, per: Duration::from_secs(600) },
    least: 1,
    most: 10,
    used_within: Duration::from_millis(50),
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_process_limits_keep_every_rule() {
    let make = async || {
        let limits: Arc<dyn SharedLimits> = Arc::new(InProcessLimits::new(Arc::new(SystemClock)));
        [limits.clone(), limits]
    };
    conformance::shared_limits(make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_limits_keep_every_rule() {
    let redis = Redis::start().unwrap();
    let make = async || {
        let settings = settings(&redis);
        [(); 2].map(|()| Arc::new(RedisLimits::new(link(&settings))) as Arc<dyn SharedLimits>)
    };
    conformance::shared_limits(make).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushed_redis_has_taken_nothing() {
    let redis = Redis::start().unwrap();
    let limits = RedisLimits::new(link(&settings(&redis)));
    assert_eq!(limits.take("a", ALL).await.unwrap(), Permits::Granted { count: 10, left: 0 });
    redis.flush().unwrap();
    assert_eq!(limits.take("a", ALL).await.unwrap(), Permits::Granted { count: 10, left: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_gone_is_an_error_until_it_is_back() {
    let mut redis = Redis::start().unwrap();
    let limits = RedisLimits::new(link(&settings(&redis)));
    limits.take("a", ALL).await.unwrap();
    redis.kill().unwrap();
    limits.take("a", ALL).await.unwrap_err();
    assert!(limits.health().await.unwrap_err().starts_with("redis"));
    redis.start_again().unwrap();
    in_time(async {
        while limits.take("a", ALL).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_forgets_a_window_that_has_run_empty() {
    let redis = Redis::start().unwrap();
    let limits = RedisLimits::new(link(&settings(&redis)));
    let rate = Rate { count: 1000, per: Duration::from_millis(100) };
    for _ in 0..50 {
        limits.take("a", Taking { rate, most: 1, ..ALL }).await.unwrap();
    }
    assert!(redis.key_count().unwrap() <= 1);
    in_time(async {
        while redis.key_count().unwrap() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
