//! A vendor that none of the crates knows: registered under a name of its own, configured, and asked for a job.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Effect, InstanceId, JobState, MediaMaker, MediaRequest, Modality,
    ModelSpec, Output, OutputSource, Outputs, Parameter, ParameterKind, Poll, Priority, Provider,
    ProviderError, ProviderKey, Quantity, Realm, Reason, Started, Subject, Unit, UpstreamTask,
};
use fourfold_providers::{ProviderFactory, ProviderSettings};
use fourfold_service::backends::{
    FolderStorage, InProcessQueue, InProcessSignals, SqliteSettings, SqliteStore,
};
use fourfold_service::catalog::{Catalog, CatalogService, PricingSettings};
use fourfold_service::credits::CreditsService;
use fourfold_service::files::{FileParts, FileSettings, FilesService};
use fourfold_service::jobs::{JobParts, JobSettings, JobWorker, JobsService, Submission};
use fourfold_service::limits::Admission;
use fourfold_service::ports::{Credentialed, ObjectStorage as _, Providers};
use fourfold_service::routing::Routing;
use fourfold_service::usage::UsageLog;
use fourfold_service::webhooks::{Outbox, WebhookSettings};
use fourfold_service::{Clock, Media, Spawner, SystemClock};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::{Map, json};
use uuid::Uuid;

/// A maker of postcards.
struct Postcards {
    key: ProviderKey,
    greeting: String,
    models: Vec<ModelSpec>,
}

/// What its operator sets, beside what all providers have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostcardOptions {
    greeting: String,
}

impl Postcards {
    fn new(key: ProviderKey, greeting: String) -> Self {
        let prompt = Parameter::new("prompt", ParameterKind::Text { chars_max: 100 }, "what to write");
        let models = vec![ModelSpec {
            vendor_model: "plain".to_owned(),
            modality: Modality::Image,
            parameters: vec![prompt.required()],
        }];
        Self { key, greeting, models }
    }
}

impl Provider for Postcards {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self)
    }
}

#[async_trait]
impl MediaMaker for Postcards {
    async fn start(&self, request: MediaRequest, _: AttemptContext) -> Result<Started, ProviderError> {
        let MediaRequest::Image(image) = request else {
            let message = "postcards are pictures";
            return Err(ProviderError::new(Reason::Unsupported, Effect::NotStarted, message));
        };
        let card = format!("<svg><text>{} {}</text></svg>", self.greeting, image.prompt);
        let source = OutputSource::Bytes(card.into());
        Ok(Started::Done(Outputs {
            items: vec![Output { media_type: "image/svg+xml".to_owned(), source }],
            quantities: vec![Quantity::new(Unit::Image, 1)],
            missing: None,
            vendor: Map::from_iter([("ink".to_owned(), json!("blue"))]),
        }))
    }

    async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError> {
        let message = format!("there is no task {:?}", task.id);
        Err(ProviderError::new(Reason::NotFound, Effect::NotStarted, message))
    }

    async fn fetch(&self, _: &Output) -> Result<ByteStream, ProviderError> {
        Err(ProviderError::new(Reason::NotFound, Effect::NotStarted, "cards come with the answer"))
    }

    async fn cancel(&self, _: &UpstreamTask) -> Result<Cancelled, ProviderError> {
        Ok(Cancelled::Unsupported)
    }
}

/// The service's look-up over a factory.
struct FactoryProviders(ProviderFactory);

impl Providers for FactoryProviders {
    fn of(&self, key: &ProviderKey) -> Vec<Credentialed> {
        let provider = self.get(key, "default");
        provider.map(|provider| Credentialed { credential: "default".into(), provider }).into_iter().collect()
    }

    fn get(&self, key: &ProviderKey, _credential: &str) -> Option<Arc<dyn Provider>> {
        self.0.get(key.as_str()).ok()
    }

    fn keys(&self) -> Vec<ProviderKey> {
        self.0.keys()
    }

    fn knows(&self, key: &ProviderKey) -> bool {
        self.0.keys().contains(key)
    }
}

#[tokio::test]
async fn a_vendor_from_outside_serves_a_job() {
    let factory = ProviderFactory::with_builtin();
    let construct = |key: &ProviderKey, settings: &ProviderSettings| {
        let options: PostcardOptions = settings.options()?;
        Ok(Arc::new(Postcards::new(key.clone(), options.greeting)) as Arc<dyn Provider>)
    };
    factory.register("postcards", construct).unwrap();
    let settings = serde_json::from_value(json!({"greeting": "Dear"})).unwrap();
    factory.create("postcards", settings).unwrap();
    let providers = Arc::new(FactoryProviders(factory));

    let card = json!({"modality": "image", "route": [{"provider": "postcards", "model": "plain"}],
        "price": {"version": "v1", "rates": [{"unit": "image", "credits": "0.5"}]}});
    let models = BTreeMap::from([("card".to_owned(), serde_json::from_value(card).unwrap())]);
    let catalog = Catalog::build(&models, PricingSettings::default(), providers.as_ref()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = SqliteSettings::new(folder.path().join("fourfold.db"));
    let store = Arc::new(SqliteStore::open(&settings, clock.clone()).unwrap());
    let storage = Arc::new(FolderStorage::open(folder.path()).unwrap());
    let subject = Subject { realm: Realm::default(), external_id: "u1".parse().unwrap() };
    let credits = CreditsService::new(store.clone());
    credits.grant(subject.clone(), "1".parse().unwrap(), None, None).await.unwrap();
    let has_room = Arc::new(AtomicBool::new(true));
    let files = FilesService::new(FileParts {
        store: store.clone(),
        storage: storage.clone(),
        clock: clock.clone(),
        settings: FileSettings::default(),
        has_room: has_room.clone(),
    });
    let parts = JobParts {
        store,
        queue: Arc::new(InProcessQueue::new(clock.clone())),
        signals: Arc::new(InProcessSignals::default()),
        storage: storage.clone(),
        routing: Routing::new(providers, clock.clone()),
        catalog: CatalogService::new(catalog),
        media: Media::offline(files.clone()),
        files,
        outbox: Outbox::new(&WebhookSettings::default(), |_url| true),
        usage: UsageLog::off(),
        clock,
        instance: InstanceId::new(Uuid::now_v7()),
        settings: JobSettings { workers: 1, ..JobSettings::default() },
        has_room,
    };
    let spawner = Spawner::new(tokio::runtime::Handle::current());
    JobWorker::new(parts.clone()).start(&spawner);

    let jobs = JobsService::new(parts);
    let submission = Submission {
        subject,
        key: None,
        model: "card".to_owned(),
        input: json!({"prompt": "fox"}).as_object().unwrap().clone(),
        metadata: None,
        webhook_url: None,
        max_credits: None,
        retry_of: None,
        priority: Priority::Normal,
        idempotency: None,
        admission: Admission::unlimited(),
    };
    let taken = jobs.submit(submission).await.unwrap();
    let done = jobs.wait(taken.job.id, Duration::from_secs(60)).await.unwrap();
    assert_eq!((done.job.state, done.job.charged.to_string()), (JobState::Succeeded, "0.5".to_owned()));
    assert_eq!(done.attempts[0].vendor["ink"], "blue");
    let read = storage.get(&done.artifacts[0].object.key, 0, None).await.unwrap().unwrap();
    let bytes: Vec<_> = read.bytes.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(bytes.concat(), b"<svg><text>Dear fox</text></svg>");
    spawner.stop(Duration::from_secs(10)).await;
}
