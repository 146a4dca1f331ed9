//! What the handlers work with.

use std::ops::Deref;
use std::sync::Arc;

use fourfold_service::Spawner;
use fourfold_service::artifacts::ArtifactsService;
use fourfold_service::calls::CallsService;
use fourfold_service::catalog::CatalogService;
use fourfold_service::chats::ChatsService;
use fourfold_service::credits::CreditsService;
use fourfold_service::files::FilesService;
use fourfold_service::jobs::JobsService;
use fourfold_service::keys::KeysService;
use fourfold_service::limits::LimitsService;
use fourfold_service::ports::{Configuration, SharedLimits};
use fourfold_service::reconcile::ReconcileService;
use fourfold_service::routing::Routing;
use fourfold_service::usage::UsageService;
use fourfold_service::webhooks::WebhooksService;
use tokio_util::sync::CancellationToken;

use crate::forward::ForwardTargets;

/// The services behind the routes. Clones share them.
#[derive(Clone)]
pub struct AppState(Arc<Services>);

/// What the routes are over.
#[derive(Clone)]
pub struct Services {
    /// Jobs.
    pub jobs: JobsService,
    /// Calls.
    pub calls: CallsService,
    /// Conversations.
    pub chats: ChatsService,
    /// The ledger.
    pub credits: CreditsService,
    /// Our books beside the vendors'.
    pub reconcile: ReconcileService,
    /// API keys.
    pub keys: KeysService,
    /// Stored results.
    pub artifacts: ArtifactsService,
    /// What callers handed in.
    pub files: FilesService,
    /// What was used.
    pub usage: UsageService,
    /// Who is told of what happens to jobs.
    pub webhooks: WebhooksService,
    /// What can be asked for.
    pub catalog: CatalogService,
    /// Who serves it.
    pub routing: Routing,
    /// How much each caller may do.
    pub caller_limits: LimitsService,
    /// Where requests may be forwarded.
    pub targets: ForwardTargets,
    /// The limits that all processes keep together.
    pub limits: Arc<dyn SharedLimits>,
    /// The configuration, read again when an admin asks.
    pub configuration: Arc<dyn Configuration>,
    /// The address for links in answers, without a slash at its end.
    pub public_url: Arc<str>,
    /// The largest request body that is taken.
    pub body_limit_bytes: usize,
    /// How long a client may take to send a body.
    pub body_timeout: std::time::Duration,
    /// Renders the metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Runs what must not end with the request that began it.
    pub spawner: Spawner,
    /// Ends open streams when the server stops.
    pub stopping: CancellationToken,
}

impl AppState {
    /// Over these services.
    pub fn new(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl Deref for AppState {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}
