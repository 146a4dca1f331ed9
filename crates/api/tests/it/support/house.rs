//! A whole surface over fakes, whose clock a test moves and whose jobs it works on step by step.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use fourfold_api::{AppState, ForwardTargets, ServerSettings, Services};
use fourfold_domain::{
    CacheTerms, InstanceId, JobId, Modality, OnCancel, OnDisconnect, OnUncertain, Outputs, Provider, Realm,
    Started, Unit,
};
use fourfold_service::artifacts::{ArtifactSettings, ArtifactsService, TokenKey};
use fourfold_service::backends::{FolderStorage, InProcessLimits, InProcessQueue, InProcessSignals};
use fourfold_service::calls::{CallParts, CallSettings, CallsService};
use fourfold_service::catalog::{
    Catalog, CatalogService, ModelSettings, PriceSettings, PricingSettings, RateSettings, RouteSettings,
};
use fourfold_service::chats::{ChatParts, ChatSettings, ChatsService};
use fourfold_service::credits::CreditsService;
use fourfold_service::files::{FileParts, FileSettings, FilesService};
use fourfold_service::jobs::{JobParts, JobSettings, JobWorker, JobsService};
use fourfold_service::keys::{KeyKind, KeySecret, KeysService, NewKey};
use fourfold_service::limits::{LimitSettings, LimitsService};
use fourfold_service::ports::JobStore as _;
use fourfold_service::ports::{Configuration, Reloaded, SharedLimits};
use fourfold_service::reconcile::ReconcileService;
use fourfold_service::routing::Routing;
use fourfold_service::testing::{
    Faults, MemoryStore, MemoryUsage, ProviderTable, TestClock, account_subject, credits,
};
use fourfold_service::usage::{UsageLog, UsageParts, UsageService, UsageSettings};
use fourfold_service::webhooks::{Outbox, SecretCipher, WebhookSettings, WebhooksService};
use fourfold_service::{Clock as _, Media, Spawner, SystemClock, Timestamp};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::vendor::Vendor;
use super::{Ask, tokens};

/// The users `u1` and `u2` with ten credits each, and the models `picture` at 0.04 credits a picture, `talk` at 0.001
/// credits a token in and 0.002 out, `film` at 0.02 a second, `speak` at 0.02 a character, `listen` and `skim`, which
/// tells no times, at 0.02 a minute, and `vectors` at a credit a million tokens.
pub(crate) struct House {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) store: MemoryStore,
    pub(crate) usage: Arc<MemoryUsage>,
    pub(crate) vendor: Arc<Vendor>,
    pub(crate) parts: JobParts,
    pub(crate) state: AppState,
    pub(crate) settings: ServerSettings,
    /// The secret of an admin key.
    pub(crate) admin: String,
    /// The secret of a service key.
    pub(crate) service: String,
    pub(crate) worker: JobWorker,
    router: Router,
    folder: TempDir,
}

/// What a test may want otherwise.
pub(crate) struct Plan {
    pub(crate) settings: ServerSettings,
    pub(crate) artifacts: ArtifactSettings,
    pub(crate) files: FileSettings,
    pub(crate) faults: Faults,
    pub(crate) has_room: bool,
    pub(crate) metrics: fn() -> String,
    pub(crate) configuration: Arc<dyn Configuration>,
    pub(crate) limits: Arc<dyn SharedLimits>,
    pub(crate) caller_limits: LimitSettings,
    pub(crate) calls: CallSettings,
    pub(crate) chats: ChatSettings,
    /// Of the models that answer while their caller waits.
    pub(crate) cache: Option<CacheTerms>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            settings: ServerSettings { body_limit_bytes: 1024 * 1024, ..ServerSettings::default() },
            artifacts: ArtifactSettings { free_bytes_min: 0, ..ArtifactSettings::default() },
            files: FileSettings::default(),
            faults: Faults::default(),
            has_room: true,
            metrics: || "a_metric 1\n".to_owned(),
            configuration: Arc::new(Unread),
            limits: Arc::new(InProcessLimits::new(Arc::new(SystemClock))),
            caller_limits: LimitSettings::default(),
            calls: CallSettings::default(),
            chats: ChatSettings::default(),
            cache: None,
        }
    }
}

/// A configuration that a test doesn't read again.
struct Unread;

#[async_trait]
impl Configuration for Unread {
    async fn reload(&self) -> Result<Reloaded, String> {
        Err("this test has no configuration".to_owned())
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        let store = MemoryStore::broken(clock.clone(), plan.faults);
        let storage = Arc::new(FolderStorage::open(folder.path()).unwrap());
        let vendor = Arc::new(Vendor::new());
        let providers = ProviderTable::from_iter([vendor.clone() as Arc<dyn Provider>]);
        let catalog = CatalogService::new(catalog(&providers, plan.cache));
        let has_room = Arc::new(AtomicBool::new(plan.has_room));
        let files = FilesService::new(FileParts {
            store: Arc::new(store.clone()),
            storage: storage.clone(),
            clock: clock.clone(),
            settings: plan.files,
            has_room: has_room.clone(),
        });
        let (usage, spawner) = (Arc::new(MemoryUsage::default()), Spawner::new(Handle::current()));
        let log = UsageParts {
            usage: usage.clone(),
            store: Arc::new(store.clone()),
            clock: clock.clone(),
            settings: UsageSettings { gather: Duration::from_millis(1), ..UsageSettings::default() },
        };
        let log = UsageLog::start(log, &spawner);
        let parts = JobParts {
            store: Arc::new(store.clone()),
            queue: Arc::new(InProcessQueue::new(clock.clone())),
            signals: Arc::new(InProcessSignals::default()),
            storage: storage.clone(),
            routing: Routing::new(Arc::new(providers), clock.clone()),
            catalog: catalog.clone(),
            media: Media::offline(files.clone()),
            files: files.clone(),
            outbox: Outbox::new(&WebhookSettings::default(), |_url| true),
            usage: log.clone(),
            clock: clock.clone(),
            instance: InstanceId::new(Uuid::now_v7()),
            settings: JobSettings { workers: 2, ..JobSettings::default() },
            has_room,
        };
        let calls = CallsService::new(CallParts {
            store: Arc::new(store.clone()),
            routing: parts.routing.clone(),
            catalog: catalog.clone(),
            media: parts.media.clone(),
            usage: log,
            clock: clock.clone(),
            instance: parts.instance,
            settings: plan.calls,
            spawner,
        });
        let chats = ChatSettings { default_model: "talk".to_owned(), ..plan.chats };
        let chats = ChatsService::new(ChatParts {
            calls: calls.clone(),
            settings: chats,
            lease: Duration::from_secs(20),
        });
        let token_key = TokenKey::new(&[7; 32]);
        let stored = Arc::new(store.clone());
        let artifacts =
            ArtifactsService::new(stored.clone(), storage, clock.clone(), token_key, plan.artifacts);
        let cipher = SecretCipher::new(&[7; 32]);
        let state = AppState::new(Services {
            jobs: JobsService::new(parts.clone()),
            calls,
            chats,
            credits: CreditsService::new(stored.clone()),
            reconcile: ReconcileService::new(stored.clone(), parts.routing.clone(), clock.clone()),
            keys: KeysService::new(stored, clock.clone()).with_tokens(tokens::verifier(clock.clone())),
            artifacts,
            files,
            usage: UsageService::new(usage.clone(), Arc::new(store.clone()), clock.clone()),
            webhooks: WebhooksService::new(Arc::new(store.clone()), cipher, parts.outbox.clone()),
            catalog,
            routing: parts.routing.clone(),
            targets: ForwardTargets::default(),
            limits: plan.limits,
            caller_limits: LimitsService::new(plan.caller_limits, None, Spawner::new(Handle::current())),
            configuration: plan.configuration,
            public_url: plan.settings.link_base().into(),
            body_limit_bytes: plan.settings.body_limit_bytes,
            body_timeout: plan.settings.body_timeout,
            metrics: Arc::new(plan.metrics),
            spawner: Spawner::new(Handle::current()),
            stopping: CancellationToken::new(),
        });
        for user in ["u1", "u2"] {
            let grant = state.credits.grant(account_subject(user), credits("10"), Some(user), None);
            grant.await.unwrap();
        }
        let admin = make_key(&state.keys, new_key(KeyKind::Admin, None)).await;
        let service = make_key(&state.keys, new_key(KeyKind::Service, None)).await;
        let router = fourfold_api::router(state.clone(), &plan.settings);
        let worker = JobWorker::new(parts.clone());
        let settings = plan.settings;
        Self { clock, store, usage, vendor, parts, state, settings, admin, service, worker, router, folder }
    }

    /// Where the stored objects are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The surface.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// The surface, where some of what lies beneath is another.
    pub(crate) fn router_over(&self, change: impl FnOnce(&mut Services)) -> Router {
        let mut services = Services::clone(&self.state);
        change(&mut services);
        fourfold_api::router(AppState::new(services), &self.settings)
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask::new(self, method, path)
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn head(&self, path: &str) -> Ask<'_> {
        self.ask(Method::HEAD, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask<'_> {
        self.ask(Method::DELETE, path)
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Ask<'_> {
        self.ask(Method::PATCH, path).json(&body)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Ask<'_> {
        self.ask(Method::POST, path).json(&body)
    }

    /// The secret of a new key of the default realm.
    pub(crate) async fn key(&self, kind: KeyKind, account: Option<&str>) -> String {
        self.key_like(new_key(kind, account)).await
    }

    /// A token of an issuer for a user, which counts for an hour.
    pub(crate) fn token(&self, issuer: &str, user: &str) -> String {
        let expires_at = self.clock.now().after(Duration::from_secs(60 * 60));
        tokens::token(issuer, tokens::SECRET, user, expires_at)
    }

    pub(crate) async fn key_like(&self, new: NewKey) -> String {
        make_key(&self.state.keys, new).await
    }

    /// Submits a job for a picture, of which nothing comes yet.
    pub(crate) async fn submit(&self, user: &str) -> String {
        let job = self.post("/api/v1/jobs", new_job()).by(user).ok(202).await;
        job["id"].as_str().unwrap().to_owned()
    }

    /// Submits a job for a user and brings it to its end with these results; the job as it is then.
    pub(crate) async fn make(&self, user: &str, results: Outputs) -> Value {
        let id = self.submit(user).await;
        self.vendor.will_start(Ok(Started::Done(results)));
        self.bring_to_an_end(&id).await;
        self.get(&format!("/api/v1/jobs/{id}")).by(user).ok(200).await
    }

    /// Lets the worker look at a job once, when it is due.
    pub(crate) async fn look(&self, id: &str) {
        let job: JobId = id.parse().unwrap();
        let due = self.store.due(Some(Timestamp::from_millis(i64::MAX)), 1000).await.unwrap();
        let due = due.iter().find(|due| due.job == job).expect("the job isn't due");
        self.clock.advance(due.next_at.since(self.clock.now()));
        self.worker.look_at(job).await;
    }

    pub(crate) async fn bring_to_an_end(&self, id: &str) {
        for _ in 0..20 {
            self.look(id).await;
            if self.store.job(id.parse().unwrap()).await.unwrap().unwrap().job.state.is_final() {
                return;
            }
        }
        panic!("no end is in sight of job {id}");
    }
}

pub(crate) fn new_key(kind: KeyKind, account: Option<&str>) -> NewKey {
    NewKey::new(kind, Realm::default(), account.map(|account| account.parse().unwrap()))
}

/// A request for a picture.
pub(crate) fn new_job() -> Value {
    json!({"model": "picture", "input": {"prompt": "a fox"}})
}

async fn make_key(keys: &KeysService, new: NewKey) -> String {
    let secret = KeySecret::random();
    keys.create(new, &secret).await.unwrap();
    secret.expose().to_owned()
}

/// A request for a chat.
pub(crate) fn new_chat() -> Value {
    json!({"model": "talk", "messages": [{"role": "user", "content": "Where do foxes live?"}]})
}

/// The same request in Anthropic's shape.
pub(crate) fn new_message() -> Value {
    json!({"model": "talk", "max_tokens": 100, "messages": [{"role": "user", "content": "Where do foxes live?"}]})
}

/// The same request as a response of OpenAI's.
pub(crate) fn new_response() -> Value {
    json!({"model": "talk", "input": "Where do foxes live?"})
}

fn catalog(providers: &ProviderTable, cache: Option<CacheTerms>) -> Catalog {
    let rate = |unit, credits: &str, per| RateSettings {
        unit,
        credits: credits.to_owned(),
        per,
        when: BTreeMap::new(),
    };
    let picture = model(Modality::Image, "acme-1", vec![rate(Unit::Image, "0.04", None)]);
    let rates = vec![rate(Unit::InputToken, "0.001", Some(1)), rate(Unit::OutputToken, "0.002", Some(1))];
    let talk = ModelSettings { cache, ..model(Modality::Chat, "acme-chat", rates) };
    let second = |modality, vendor_model, unit| model(modality, vendor_model, vec![rate(unit, "0.02", None)]);
    let listen = second(Modality::Transcription, "acme-listen", Unit::AudioSecond);
    let skim = second(Modality::Transcription, "acme-skim", Unit::AudioSecond);
    let film = second(Modality::Video, "acme-film", Unit::VideoSecond);
    let rates = vec![rate(Unit::InputToken, "1", None)];
    let vectors = ModelSettings { cache, ..model(Modality::Embedding, "acme-vectors", rates) };
    let rates = vec![rate(Unit::Character, "0.02", Some(1))];
    let speak = ModelSettings { cache, ..model(Modality::Speech, "acme-speak", rates) };
    let models = [
        ("speak", speak),
        ("picture", picture),
        ("talk", talk),
        ("listen", listen),
        ("skim", skim),
        ("film", film),
        ("vectors", vectors),
    ];
    let models = BTreeMap::from(models.map(|(name, model)| (name.to_owned(), model)));
    Catalog::build(&models, PricingSettings::default(), providers).unwrap()
}

fn model(modality: Modality, vendor_model: &str, rates: Vec<RateSettings>) -> ModelSettings {
    let route = RouteSettings {
        provider: "acme".to_owned(),
        model: vendor_model.to_owned(),
        rank: None,
        weight: 1,
        cost: None,
    };
    ModelSettings {
        modality,
        route: vec![route],
        price: Some(PriceSettings { version: "v1".to_owned(), rates }),
        drop_unsupported: false,
        deadline: Duration::from_secs(60 * 60),
        token_ceilings: fourfold_domain::TokenCeilings::default(),
        attempts_max: 3,
        on_cancel: OnCancel::None,
        on_uncertain: OnUncertain::Fail,
        on_disconnect: OnDisconnect::Cancel,
        retention: None,
        default_max_output: None,
        cache: None,
        min_output: 16,
        context_tokens: 4096,
    }
}
