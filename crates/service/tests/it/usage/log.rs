//! The line before the log: nobody waits for it, and it is written to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{AccountId, CallId, JobId, Modality, Realm};
use fourfold_service::credits::Owner;
use fourfold_service::jobs::{RequestCancel, Submitted};
use fourfold_service::ports::{AccountStore as _, JobStore as _, UsageStore};
use fourfold_service::testing::{MemoryStore, MemoryUsage, TestClock, credits, provider, submit};
use fourfold_service::usage::{
    UsageAmounts, UsageFilter, UsageGroups, UsageLog, UsageOutcome, UsageParts, UsageQuery, UsageRow,
    UsageSettings, UsageTotals,
};
use fourfold_service::{Clock as _, Spawner, StoreError, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::runtime::Handle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::ledger::grant;

/// A chat that has ended.
pub(super) fn row() -> UsageRow {
    UsageRow {
        owner: Owner::Call(CallId::new(Uuid::now_v7())),
        account: AccountId::new(Uuid::from_u128(1)),
        realm: Realm::default(),
        key: None,
        model: "talk".parse().unwrap(),
        modality: Modality::Chat,
        provider: Some(provider("acme")),
        outcome: UsageOutcome::Succeeded,
        attempts: 1,
        amounts: UsageAmounts::default(),
        charged: credits("0.25"),
        is_estimated: false,
        duration: Duration::from_millis(100),
        first_part: None,
        ended_at: TestClock::default().now(),
    }
}

/// All there is.
pub(super) fn all() -> UsageQuery {
    UsageQuery {
        from: Timestamp::default(),
        to: Timestamp::from_millis(i64::MAX),
        filter: UsageFilter::default(),
        groups: UsageGroups::default(),
        after: None,
        limit: 10,
    }
}

/// A log that can be gone for a while.
#[derive(Clone, Default)]
struct Gone {
    usage: MemoryUsage,
    is_gone: Arc<AtomicBool>,
}

#[async_trait]
impl UsageStore for Gone {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        match self.is_gone.load(Ordering::Relaxed) {
            true => Err(StoreError::Failed("it is gone".into())),
            false => self.usage.add_usage(rows).await,
        }
    }

    async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageTotals>, StoreError> {
        self.usage.usage(query).await
    }

    async fn forget_usage(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.usage.forget_usage(before, limit).await
    }
}

struct World {
    usage: Gone,
    store: MemoryStore,
    clock: Arc<TestClock>,
    spawner: Spawner,
    log: UsageLog,
}

impl World {
    fn new(settings: UsageSettings) -> Self {
        let clock = Arc::new(TestClock::default());
        let (usage, store) = (Gone::default(), MemoryStore::new(clock.clone()));
        let spawner = Spawner::new(Handle::current());
        let parts = UsageParts {
            usage: Arc::new(usage.clone()),
            store: Arc::new(store.clone()),
            clock: clock.clone(),
            settings,
        };
        let log = UsageLog::start(parts, &spawner);
        Self { usage, store, clock, spawner, log }
    }

    fn rows(&self) -> Vec<UsageRow> {
        self.usage.usage.rows()
    }

    /// Waits until there are so many rows.
    async fn until(&self, count: usize) {
        let written = async {
            while self.rows().len() < count {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60 * 60), written).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_gathered_and_written_together() {
    let world = World::new(UsageSettings::default());
    let began = Instant::now();
    world.log.call(row());
    world.log.call(row());
    assert_eq!(world.rows().len(), 0);
    world.until(2).await;
    assert_eq!(began.elapsed().as_secs(), 1);
    // A full batch doesn't wait.
    let began = Instant::now();
    for _ in 0..500 {
        world.log.call(row());
    }
    world.until(502).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_end_is_written() {
    let world = World::new(UsageSettings::default());
    for _ in 0..1200 {
        world.log.call(row());
    }
    // The task of a call that ends while others are waited for.
    let (log, stopping) = (world.log.clone(), world.spawner.stopping().clone());
    world.spawner.start(async move {
        stopping.cancelled().await;
        log.call(row());
    });
    assert!(world.spawner.stop(Duration::from_secs(1)).await);
    tokio::time::timeout(Duration::from_secs(5), world.log.written()).await.unwrap();
    assert_eq!(world.rows().len(), 1201);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_gone_keeps_nobody_waiting_and_what_is_lost_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recorder = metrics::set_default_local_recorder(&recorder);
    let shows = |line: &str| {
        let shown = recorder.handle().render();
        assert!(shown.contains(line), "{line} isn't in {shown}");
    };
    let world = World::new(UsageSettings { waiting_max: 10, ..UsageSettings::default() });
    shows("fourfold_usage_rows_lost_total 0\n");
    world.usage.is_gone.store(true, Ordering::Relaxed);
    world.log.call(row());
    // It has been taken from the line, and is tried again and again.
    tokio::time::sleep(Duration::from_secs(10)).await;
    for _ in 0..12 {
        world.log.call(row());
    }
    shows("fourfold_usage_rows_lost_total 2\n");
    shows("fourfold_usage_rows_kept_total 0\n");
    world.usage.is_gone.store(false, Ordering::Relaxed);
    world.until(11).await;
    shows("fourfold_usage_rows_lost_total 2\n");
    shows("fourfold_usage_rows_kept_total 11\n");
    // At the end it is tried once, so that nobody waits for a log that stays away.
    world.usage.is_gone.store(true, Ordering::Relaxed);
    world.log.call(row());
    world.spawner.stop(Duration::from_secs(1)).await;
    tokio::time::timeout(Duration::from_secs(5), world.log.written()).await.unwrap();
    shows("fourfold_usage_rows_lost_total 3\n");
}

#[tokio::test(start_paused = true)]
async fn the_row_of_a_job_says_what_the_store_knows() {
    let world = World::new(UsageSettings::default());
    world.store.grant(grant("u1", "10", "grant:first")).await.unwrap();
    let Submitted::New(job) = world.store.submit(submit("u1", "1")).await.unwrap() else {
        panic!("it is parked")
    };
    world.clock.advance(Duration::from_secs(3));
    let cancel = RequestCancel { job: job.id, account: job.account, account_max: 0 };
    world.store.request_cancel(cancel).await.unwrap();
    world.log.job(job.id);
    // Nobody knows of this one.
    world.log.job(JobId::new(Uuid::now_v7()));
    world.until(1).await;
    let expected = UsageRow {
        owner: Owner::Job(job.id),
        account: job.account,
        realm: Realm::default(),
        key: None,
        model: job.model,
        modality: Modality::Image,
        provider: None,
        outcome: UsageOutcome::Cancelled,
        attempts: 0,
        amounts: UsageAmounts::default(),
        charged: credits("0"),
        is_estimated: false,
        duration: Duration::from_secs(3),
        first_part: None,
        ended_at: world.clock.now(),
    };
    assert_eq!(world.rows(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn rows_are_kept_for_as_long_as_is_set() {
    let kept = Duration::from_secs(60 * 60);
    let world = World::new(UsageSettings { retention: kept, ..UsageSettings::default() });
    let begin = world.clock.now();
    let old = (0..1500).map(|_| row());
    world
        .usage
        .add_usage(old.chain([UsageRow { ended_at: begin.after(kept), ..row() }]).collect())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(30 * 60)).await;
    assert_eq!(world.rows().len(), 1501);
    world.clock.advance(kept + Duration::from_millis(1));
    tokio::time::sleep(Duration::from_secs(10 * 60)).await;
    assert_eq!(world.rows().len(), 1);

    let world = World::new(UsageSettings { retention: Duration::ZERO, ..UsageSettings::default() });
    world.usage.add_usage(vec![row()]).await.unwrap();
    world.clock.advance(Duration::from_secs(10 * 365 * 24 * 60 * 60));
    tokio::time::sleep(Duration::from_secs(30 * 60)).await;
    assert_eq!(world.rows().len(), 1);
}
