//! A whole service around a worker, whose clock a test moves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    BoxStream, InstanceId, JobId, JobState, Modality, OnCancel, OnDisconnect, OnUncertain, Priority,
    Provider, TokenCeilings, Unit,
};
use fourfold_service::backends::{FolderStorage, InProcessQueue, InProcessSignals};
use fourfold_service::catalog::{
    Catalog, CatalogService, ModelSettings, PriceSettings, PricingSettings, RateSettings, RouteSettings,
};
use fourfold_service::files::{FileParts, FileSettings, FilesService};
use fourfold_service::jobs::{
    AttemptState, JobParts, JobSettings, JobView, JobWorker, JobsService, StoredObject, Submission,
};
use fourfold_service::limits::Admission;
use fourfold_service::ports::{AccountStore as _, JobStore as _, ObjectStorage, ReadObject, StorageError};
use fourfold_service::routing::Routing;
use fourfold_service::testing::{MemoryStore, ProviderTable, TestClock, account_subject, credits};
use fourfold_service::usage::UsageLog;
use fourfold_service::webhooks::{Outbox, WebhookSettings};
use fourfold_service::{BoxError, Clock, Media, Timestamp};
use futures_util::TryStreamExt as _;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use crate::ledger::grant;

/// One user with ten credits, one model at 0.04 credits a picture, served by the given vendors in turn.
pub(super) struct House {
    pub(super) clock: Arc<TestClock>,
    pub(super) store: MemoryStore,
    pub(super) storage: Arc<FullAtTimes>,
    pub(super) parts: JobParts,
    pub(super) worker: JobWorker,
    folder: TempDir,
}

/// What a test may want otherwise.
pub(super) struct Plan {
    pub(super) attempts_max: u32,
    pub(super) on_cancel: OnCancel,
    pub(super) on_uncertain: OnUncertain,
    pub(super) jobs: JobSettings,
    pub(super) files: FileSettings,
    /// A clock of the test's own, in place of the house's.
    pub(super) clock: Option<Arc<dyn Clock>>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            on_cancel: OnCancel::Full,
            on_uncertain: OnUncertain::Fail,
            jobs: JobSettings { workers: 4, ..JobSettings::default() },
            files: FileSettings::default(),
            clock: None,
        }
    }
}

impl House {
    pub(super) async fn new<const N: usize>(vendors: [Arc<dyn Provider>; N]) -> Self {
        Self::with(Plan::default(), vendors).await
    }

    pub(super) async fn with<const N: usize>(plan: Plan, vendors: [Arc<dyn Provider>; N]) -> Self {
        let names: BTreeSet<_> = vendors.iter().map(|vendor| vendor.key().clone()).collect();
        assert!(names.len() == vendors.len(), "two vendors have one name");
        let route = vendors.iter().map(route).collect();
        Self::over(plan, ProviderTable::from_iter(vendors), route).await
    }

    /// With this route over these providers.
    pub(super) async fn over(plan: Plan, providers: ProviderTable, route: Vec<RouteSettings>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let test_clock = Arc::new(TestClock::default());
        let clock = plan.clock.clone().unwrap_or(test_clock.clone());
        let store = MemoryStore::new(clock.clone());
        let storage = Arc::new(FullAtTimes::new(FolderStorage::open(folder.path()).unwrap()));
        let catalog = catalog(&plan, &providers, route);
        let has_room = Arc::new(AtomicBool::new(true));
        let files = FilesService::new(FileParts {
            store: Arc::new(store.clone()),
            storage: storage.clone(),
            clock: clock.clone(),
            settings: plan.files,
            has_room: has_room.clone(),
        });
        let parts = JobParts {
            store: Arc::new(store.clone()),
            queue: Arc::new(InProcessQueue::new(clock.clone())),
            signals: Arc::new(InProcessSignals::default()),
            storage: storage.clone(),
            routing: Routing::new(Arc::new(providers), clock.clone()),
            catalog: CatalogService::new(catalog),
            media: Media::offline(files.clone()),
            files,
            outbox: Outbox::new(&WebhookSettings::default(), |_url| true),
            usage: UsageLog::off(),
            clock,
            instance: InstanceId::new(Uuid::now_v7()),
            settings: plan.jobs,
            has_room,
        };
        store.grant(grant("u1", "10", "grant:first")).await.unwrap();
        let worker = JobWorker::new(parts.clone());
        Self { clock: test_clock, store, storage, parts, worker, folder }
    }

    pub(super) fn jobs(&self) -> JobsService {
        JobsService::new(self.parts.clone())
    }

    /// A worker of another process.
    pub(super) fn other_worker(&self) -> JobWorker {
        JobWorker::new(JobParts { instance: InstanceId::new(Uuid::now_v7()), ..self.parts.clone() })
    }

    /// Submits a job for so many pictures.
    pub(super) async fn submit(&self, n: u32) -> JobId {
        self.jobs().submit(submission(n)).await.unwrap().job.id
    }

    pub(super) async fn view(&self, job: JobId) -> JobView {
        self.store.job(job).await.unwrap().unwrap()
    }

    /// Lets the worker look at a job once, when it is due.
    pub(super) async fn look(&self, job: JobId) -> JobView {
        let everything = Some(Timestamp::from_millis(i64::MAX));
        let due = self.store.due(everything, 100).await.unwrap();
        let due = due.iter().find(|due| due.job == job).expect("somebody holds the job's lease");
        self.clock.advance(due.next_at.since(self.clock.now()));
        self.worker.look_at(job).await;
        self.view(job).await
    }

    /// Looks at a job until it is final.
    pub(super) async fn bring_to_an_end(&self, job: JobId) -> JobView {
        for _ in 0..50 {
            let view = self.look(job).await;
            if view.job.state.is_final() {
                return view;
            }
        }
        panic!("no end is in sight: {:?}", self.view(job).await)
    }

    /// How long until the job is due.
    pub(super) async fn due_in(&self, job: JobId) -> Duration {
        let everything = Some(Timestamp::from_millis(i64::MAX));
        let due = self.store.due(everything, 100).await.unwrap();
        let due = due.iter().find(|due| due.job == job).expect("the job isn't due");
        due.next_at.since(self.clock.now())
    }

    /// Fails unless the job stands so, was charged this, and every sum is right.
    pub(super) async fn check(&self, job: JobId, state: JobState, charged: &str) {
        let job = self.view(job).await.job;
        assert_eq!((job.state, job.charged), (state, credits(charged)), "{job:?}");
        let account = self.store.account(&account_subject("u1")).await.unwrap().unwrap();
        let open = if state.is_final() { credits("0") } else { job.held };
        assert_eq!(account.held, open);
        let spent = credits("10").checked_sub(job.charged).unwrap().checked_sub(open).unwrap();
        assert_eq!(account.available, spent);
        assert_eq!(self.store.audit().await.unwrap().findings, Vec::new());
    }

    /// Fails unless the job stands so.
    pub(super) async fn check_state(&self, job: JobId, state: JobState) {
        let job = self.view(job).await.job;
        assert_eq!(job.state, state, "{job:?}");
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How many objects are stored.
    pub(super) fn objects(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(self.folder.path())
    }

    /// The text of a stored picture.
    pub(super) async fn picture(&self, object: &StoredObject) -> String {
        let read = self.storage.get(&object.key, 0, None).await.unwrap().expect("the picture isn't stored");
        let parts: Vec<Bytes> = read.bytes.try_collect().await.unwrap();
        String::from_utf8(parts.concat()).unwrap()
    }
}

/// How the attempts of a job stand: who was asked, and what came of it.
pub(super) fn attempts(view: &JobView) -> Vec<(&str, AttemptState)> {
    view.attempts.iter().map(|attempt| (attempt.provider.as_str(), attempt.state)).collect()
}

/// What went wrong with a job, in a word.
pub(super) fn error(view: &JobView) -> Option<&str> {
    view.job.error.as_ref().map(|error| error.code.as_str())
}

pub(super) fn submission(n: u32) -> Submission {
    Submission {
        subject: account_subject("u1"),
        key: None,
        model: "picture".to_owned(),
        input: json!({"prompt": "a fox", "n": n}).as_object().unwrap().clone(),
        metadata: None,
        webhook_url: None,
        max_credits: None,
        priority: Priority::Normal,
        retry_of: None,
        idempotency: None,
        admission: Admission::unlimited(),
    }
}

/// The choice of a vendor's one model.
pub(super) fn route(vendor: &Arc<dyn Provider>) -> RouteSettings {
    RouteSettings {
        provider: vendor.key().to_string(),
        model: vendor.models()[0].vendor_model.clone(),
        rank: None,
        weight: 1,
        cost: None,
    }
}

fn catalog(plan: &Plan, providers: &ProviderTable, route: Vec<RouteSettings>) -> Catalog {
    let rate =
        RateSettings { unit: Unit::Image, credits: "0.04".to_owned(), per: None, when: BTreeMap::new() };
    let settings = ModelSettings {
        modality: Modality::Image,
        route,
        price: Some(PriceSettings { version: "v1".to_owned(), rates: vec![rate] }),
        drop_unsupported: false,
        deadline: Duration::from_secs(60 * 60),
        token_ceilings: TokenCeilings::default(),
        attempts_max: plan.attempts_max,
        on_cancel: plan.on_cancel,
        on_uncertain: plan.on_uncertain,
        on_disconnect: OnDisconnect::Cancel,
        retention: None,
        default_max_output: None,
        cache: None,
        min_output: 16,
        context_tokens: 4096,
    };
    Catalog::build(&BTreeMap::from([("picture".to_owned(), settings)]), PricingSettings::default(), providers)
        .unwrap()
}

/// A storage that has no room for the next few objects.
pub(super) struct FullAtTimes {
    folder: FolderStorage,
    refusals: AtomicU32,
    delete_refusals: AtomicU32,
}

impl FullAtTimes {
    fn new(folder: FolderStorage) -> Self {
        Self { folder, refusals: AtomicU32::new(0), delete_refusals: AtomicU32::new(0) }
    }

    /// Refuses so many objects from now on.
    pub(super) fn refuse(&self, objects: u32) {
        self.refusals.store(objects, Ordering::SeqCst);
    }

    /// Refuses to delete so many objects from now on.
    pub(super) fn refuse_deletes(&self, objects: u32) {
        self.delete_refusals.store(objects, Ordering::SeqCst);
    }
}

#[async_trait]
impl ObjectStorage for FullAtTimes {
    async fn put(
        &self,
        key: &str,
        media_type: &str,
        bytes: BoxStream<Result<Bytes, BoxError>>,
    ) -> Result<StoredObject, StorageError> {
        let less = |left: u32| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(StorageError::Full("no room".into()));
        }
        self.folder.put(key, media_type, bytes).await
    }

    async fn get(
        &self,
        key: &str,
        offset: u64,
        length: Option<u64>,
    ) -> Result<Option<ReadObject>, StorageError> {
        self.folder.get(key, offset, length).await
    }

    async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let less = |left: u32| left.checked_sub(1);
        if self.delete_refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(StorageError::Failed("out of reach".into()));
        }
        self.folder.delete(key).await
    }

    async fn free_bytes(&self) -> Result<Option<u64>, StorageError> {
        self.folder.free_bytes().await
    }
}
