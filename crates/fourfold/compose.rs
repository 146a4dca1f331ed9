//! Puts the layers together, in their order: configuration, providers, backends, services, surface.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, anyhow};
use fourfold_api::{AppState, JobEventWriter, ServerSettings, Services};
use fourfold_clients::http::{AddressPolicy, HashRandom, RandomSource as _};
use fourfold_domain::InstanceId;
use fourfold_service::artifacts::{ArtifactsService, TokenKey};
use fourfold_service::backends::FolderStorage;
use fourfold_service::calls::{CallParts, CallsService};
use fourfold_service::catalog::CatalogService;
use fourfold_service::chats::{ChatParts, ChatsService};
use fourfold_service::credits::CreditsService;
use fourfold_service::files::{FileParts, FilesService};
use fourfold_service::instances::{self, LiveInstances};
use fourfold_service::jobs::{JobParts, JobSweep, JobWorker, JobsService, RoomWatch};
use fourfold_service::keys::{KeysService, SecretSource};
use fourfold_service::limits::{LimitsService, SharedBy};
use fourfold_service::ports::{KeySource, ObjectStorage, Store};
use fourfold_service::reconcile::ReconcileService;
use fourfold_service::routing::Routing;
use fourfold_service::tokens::TokenVerifier;
use fourfold_service::usage::{UsageLog, UsageParts, UsageService};
use fourfold_service::webhooks::{Outbox, SecretCipher, WebhookParts, WebhookWorker, WebhooksService};
use fourfold_service::{Clock, Media, Spawner, SystemClock};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backends::{self, Shared};
use crate::bridges::{HttpKeys, HttpMedia, HttpWebhooks, LiveProviders, LiveTargets};
use crate::checked::Checked;
use crate::config::{Settings, Sources};
use crate::data_dir::{DataDir, decode_secret_key};
use crate::database::Database;
use crate::reload::Reloader;
use crate::role::Role;

/// Everything that a server is made of, not yet started.
pub(crate) struct Server {
    pub(crate) state: AppState,
    database: Database,
    cipher: SecretCipher,
    parts: JobParts,
    live: LiveInstances,
    reloader: Arc<Reloader>,
    settings: Settings,
    role: Role,
    /// Held until the server is gone.
    _data_dir: DataDir,
}

/// The store and the services that commands need beside a running server.
pub(crate) struct Desk {
    pub(crate) credits: CreditsService,
    pub(crate) keys: KeysService,
}

/// Opens the store beside a running server. Not from within a runtime.
pub(crate) fn desk(settings: &Settings) -> Result<Desk> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Database::open_beside(settings, &clock)?.store;
    Ok(Desk { credits: CreditsService::new(store.clone()), keys: KeysService::new(store, clock) })
}

/// The books beside a running server, with the vendors that the settings name. Not from within a runtime.
pub(crate) fn reconcile_desk(checked: Checked) -> Result<ReconcileService> {
    let Checked { settings, providers, .. } = checked;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Database::open_beside(&settings, &clock)?.store;
    let routing = Routing::new(Arc::new(LiveProviders::new(providers)), clock.clone());
    Ok(ReconcileService::new(store, routing, clock))
}

/// The jobs beside a running server, whose sweep finds what is done here. Not from within a runtime.
pub(crate) fn jobs_desk(checked: Checked) -> Result<JobsService> {
    let Checked { settings, providers, catalog, .. } = checked;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Database::open_beside(&settings, &clock)?.store;
    let data_dir = DataDir::open(&settings.data_dir)?;
    // Nothing is read or written here of what jobs make, so that any storage will do.
    let storage = FolderStorage::open_shared(data_dir.artifacts());
    let storage = storage.with_context(|| format!("{} can't be written", data_dir.artifacts().display()))?;
    let shared = Shared::in_process(&clock);
    let routing = Routing::new(Arc::new(LiveProviders::new(providers)), clock);
    let catalog = CatalogService::new(catalog);
    let usage = UsageLog::off();
    Ok(JobsService::new(job_parts(&settings, store, Arc::new(storage), shared, routing, catalog, usage)?))
}

/// What jobs are made of.
fn job_parts(
    settings: &Settings,
    store: Arc<dyn Store>,
    storage: Arc<dyn ObjectStorage>,
    shared: Shared,
    routing: Routing,
    catalog: CatalogService,
    usage: UsageLog,
) -> Result<JobParts> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let has_room = Arc::new(AtomicBool::new(true));
    let files = FilesService::new(FileParts {
        store: store.clone(),
        storage: storage.clone(),
        clock: clock.clone(),
        settings: settings.files.clone(),
        has_room: has_room.clone(),
    });
    Ok(JobParts {
        store,
        queue: shared.queue,
        signals: shared.signals,
        storage,
        routing,
        catalog,
        media: media(settings, &files)?,
        files,
        outbox: Outbox::new(&settings.webhooks, |url| AddressPolicy::PublicOnly.may_call(url)),
        usage,
        clock,
        instance: InstanceId::new(Uuid::now_v7()),
        settings: settings.jobs.clone(),
        has_room,
    })
}

/// Where the media of requests come from: files, and addresses that callers may name.
fn media(settings: &Settings, files: &FilesService) -> Result<Media> {
    let addresses = address_policy(settings.security.allow_private_urls);
    let fetcher = HttpMedia::new(addresses, settings.files.file_bytes_max);
    let fetcher = fetcher.context("the client for media can't be made")?;
    Ok(Media::new(files.clone(), Arc::new(fetcher)))
}

/// Who may call besides the holders of keys.
fn tokens(settings: &Settings, clock: Arc<dyn Clock>) -> Result<TokenVerifier> {
    let keys: Arc<dyn KeySource> =
        Arc::new(HttpKeys::new().context("the client for public keys can't be made")?);
    TokenVerifier::new(&settings.auth, &keys, clock)
        .map_err(|(setting, problem)| anyhow!("{setting}: {problem}"))
}

fn address_policy(allow_private: bool) -> AddressPolicy {
    if allow_private { AddressPolicy::Any } else { AddressPolicy::PublicOnly }
}

impl Server {
    /// Opens everything: the data folder, the database, the store of results. The settings were checked. Not from
    /// within a runtime. What works at the side, and the work of calls, runs on the spawner.
    pub(crate) fn open(checked: Checked, role: Role, sources: &Sources, spawner: &Spawner) -> Result<Self> {
        let Checked { settings, providers, catalog, targets, links, .. } = checked;
        role.check(&settings)?;
        // Before there is anything that counts.
        let metrics = crate::telemetry::start_metrics()?;
        for provider in providers.off() {
            tracing::info!(provider, "a provider is off, since it has no key");
        }
        // Over one Postgres, several processes may share a data folder for their results.
        let data_dir = match settings.database.url {
            Some(_) => DataDir::open(&settings.data_dir)?,
            None => DataDir::lock(&settings.data_dir)?,
        };
        let secret_key = match &settings.security.secret_key {
            Some(key) => decode_secret_key(key.expose()).context("security.secret_key")?,
            None => data_dir.secret_key()?,
        };
        let providers = Arc::new(LiveProviders::new(providers));
        let catalog = CatalogService::new(catalog);

        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let database = Database::open(&settings, &clock)?;
        let store = database.store.clone();
        let storage = backends::storage(&settings, data_dir.artifacts(), spawner)?;
        let shared = backends::shared(&settings, &clock, spawner)?;
        let live = LiveInstances::default();
        if settings.redis.url.is_some() {
            links.limits.share(shared.limits.clone(), live.clone(), spawner.clone());
        }
        let shared_by = settings
            .redis
            .url
            .is_some()
            .then(|| SharedBy { limits: shared.limits.clone(), live: live.clone() });
        let caller_limits = LimitsService::new(settings.limits.clone(), shared_by, spawner.clone());
        let routing = Routing::new(providers.clone(), clock.clone());
        let live_targets = LiveTargets::new(spawner.clone(), role.answers());
        live_targets.replace(targets);
        let forward_targets = live_targets.live();
        let reloader = Arc::new(Reloader {
            targets: live_targets,
            sources: sources.clone(),
            started_with: settings.clone(),
            providers,
            links: links.clone(),
            catalog: catalog.clone(),
            routing: routing.clone(),
            caller_limits: caller_limits.clone(),
            store: store.clone(),
            turn: tokio::sync::Mutex::default(),
        });
        let usage = database.usage(&settings)?;
        let log = UsageParts {
            usage: usage.clone(),
            store: store.clone(),
            clock: clock.clone(),
            settings: settings.usage.clone(),
        };
        let log = UsageLog::start(log, spawner);
        let shared_limits = shared.limits.clone();
        let (stored, offered) = (store.clone(), catalog.clone());
        let parts =
            job_parts(&settings, stored, storage.clone(), shared, routing.clone(), offered, log.clone())?;
        let calls = CallsService::new(CallParts {
            store: store.clone(),
            routing: routing.clone(),
            catalog: catalog.clone(),
            media: parts.media.clone(),
            usage: log,
            clock: clock.clone(),
            instance: parts.instance,
            settings: settings.calls.clone(),
            spawner: spawner.clone(),
        });
        links.calls.fill(&calls);
        let chats = ChatParts {
            calls: calls.clone(),
            settings: settings.chats.clone(),
            lease: settings.instances.lease,
        };
        let token_key = TokenKey::new(&secret_key);
        let artifacts = ArtifactsService::new(
            store.clone(),
            storage,
            clock.clone(),
            token_key,
            settings.artifacts.clone(),
        );
        let cipher = SecretCipher::new(&secret_key);
        let state = Services {
            jobs: JobsService::new(parts.clone()),
            calls,
            chats: ChatsService::new(chats),
            credits: CreditsService::new(store.clone()),
            reconcile: ReconcileService::new(store.clone(), routing.clone(), clock.clone()),
            keys: KeysService::new(store.clone(), clock.clone())
                .with_secrets(SecretSource::new(&secret_key))
                .with_tokens(tokens(&settings, clock.clone())?),
            artifacts,
            files: parts.files.clone(),
            usage: UsageService::new(usage, store.clone(), clock),
            webhooks: WebhooksService::new(store.clone(), cipher.clone(), parts.outbox.clone()),
            catalog,
            routing,
            caller_limits,
            targets: forward_targets,
            limits: shared_limits,
            configuration: reloader.clone(),
            public_url: settings.server.link_base().into(),
            body_limit_bytes: settings.server.body_limit_bytes,
            body_timeout: settings.server.body_timeout,
            metrics,
            spawner: spawner.clone(),
            stopping: CancellationToken::new(),
        };
        let state = AppState::new(state);
        Ok(Self { state, database, cipher, parts, live, reloader, settings, role, _data_dir: data_dir })
    }

    /// Takes over what earlier processes left and starts to work. The port is opened after this.
    pub(crate) async fn start(&self, spawner: &Spawner) -> Result<()> {
        let instance = self.parts.instance;
        self.database.register(instance, &self.settings).await?;
        let (store, live) = (self.database.store.clone(), self.live.clone());
        instances::start_beating(store, instance, &self.settings.instances, live, spawner);
        self.state.keys.watch(spawner);
        if self.role.answers() {
            self.state.calls.start_sweep();
        }
        RoomWatch::new(&self.parts, self.state.artifacts.clone()).start(spawner).await;
        if !self.role.works() {
            return Ok(());
        }
        let sweep = JobSweep::new(self.parts.clone(), self.state.artifacts.clone());
        sweep.rebuild().await?;
        sweep.start(spawner);
        JobWorker::new(self.parts.clone()).start(spawner);
        Ok(())
    }

    /// Starts to send webhooks, once it is known where the links in them lead.
    pub(crate) fn start_to_send_webhooks(&self, address: SocketAddr, spawner: &Spawner) -> Result<()> {
        if !self.role.works() {
            return Ok(());
        }
        let addresses = address_policy(self.settings.webhooks.allow_private_urls);
        let sender = HttpWebhooks::new(addresses).context("the client for webhooks can't be made")?;
        let state = self.state_at(address);
        let (public_url, artifacts) = (state.public_url.clone(), state.artifacts.clone());
        let worker = WebhookWorker::new(WebhookParts {
            store: self.database.store.clone(),
            sender: Arc::new(sender),
            writer: Arc::new(JobEventWriter { public_url, artifacts }),
            cipher: self.cipher.clone(),
            outbox: self.parts.outbox.clone(),
            clock: self.parts.clock.clone(),
            instance: self.parts.instance,
            settings: self.settings.webhooks.clone(),
            random: Arc::new(|| HashRandom.fraction()),
        });
        worker.start(spawner);
        Ok(())
    }

    /// Starts to read the configuration again whenever it changes.
    pub(crate) fn start_to_watch_the_configuration(&self, spawner: &Spawner) -> Result<()> {
        self.reloader.clone().start(spawner)
    }

    /// What answers requests, once it is known where the server listens: links lead to that very port.
    pub(crate) fn state_at(&self, address: SocketAddr) -> AppState {
        let settings = ServerSettings { listen: address, ..self.settings.server.clone() };
        AppState::new(Services { public_url: settings.link_base().into(), ..Services::clone(&self.state) })
    }

    /// Ends once the usage log has all that the server's tasks did, after the last of them.
    pub(crate) async fn usage_written(&self) {
        self.parts.usage.written().await;
    }

    /// What durability rests on, read back from the database.
    pub(crate) fn durability(&self) -> &str {
        &self.database.durability
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}
