//! The queue and the signals of a single process, and those of many on a Redis.

pub(crate) mod redis;

use std::sync::Arc;

use fourfold_service::backends::{InProcessQueue, InProcessSignals};
use fourfold_service::ports::{JobQueue, JobSignals};
use fourfold_service::testing::conformance;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_process_queue_keeps_every_rule() {
    let make = async |clock| Arc::new(InProcessQueue::new(clock)) as Arc<dyn JobQueue>;
    conformance::job_queue(make).await.unwrap();
}

#[tokio::test]
async fn in_process_signals_keep_every_rule() {
    let make = async || Arc::new(InProcessSignals::default()) as Arc<dyn JobSignals>;
    conformance::job_signals(make).await.unwrap();
}
