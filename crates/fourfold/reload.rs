//! Putting a changed configuration in force while the server runs: when the file changes, on SIGHUP, or when an
//! admin asks. The new one is checked whole; a mistake leaves the old one in force.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use fourfold_service::Spawner;
use fourfold_service::catalog::CatalogService;
use fourfold_service::limits::LimitsService;
use fourfold_service::ports::{Configuration, Providers as _, Reloaded, Store};
use fourfold_service::routing::Routing;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::bridges::{Links, LiveProviders, LiveTargets};
use crate::checked::Checked;
use crate::config::{Settings, Sources};

/// How often it is looked whether a file has changed, and whether what was retired is still needed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long what was retired is kept, needed or not: longer than any step between a choice and its record, the storing
/// of a request's media among them.
const RETIRED_KEPT: Duration = Duration::from_secs(20 * 60);

/// What a reload changes.
pub(crate) struct Reloader {
    pub(crate) sources: Sources,
    /// What the server was started with.
    pub(crate) started_with: Settings,
    pub(crate) providers: Arc<LiveProviders>,
    pub(crate) links: Links,
    pub(crate) catalog: CatalogService,
    pub(crate) targets: LiveTargets,
    pub(crate) routing: Routing,
    pub(crate) caller_limits: LimitsService,
    pub(crate) store: Arc<dyn Store>,
    /// One reload at a time.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

#[async_trait]
impl Configuration for Reloader {
    async fn reload(&self) -> Result<Reloaded, String> {
        let _turn = self.turn.lock().await;
        let (sources, links) = (self.sources.clone(), self.links.clone());
        let checked = tokio::task::spawn_blocking(move || Checked::read(&sources, links)).await;
        let checked = checked.context("the configuration couldn't be read").and_then(|checked| checked);
        let Checked { settings, providers, catalog, targets, .. } = checked.map_err(|error| {
            let problem = format!("{error:#}");
            tracing::error!(problem, "the configuration isn't right, so the earlier one stays in force");
            problem
        })?;
        // In this order no new model is offered before its provider is there.
        self.providers.replace(providers);
        self.catalog.replace(catalog);
        self.targets.replace(targets);
        self.routing.credentials().forgive();
        self.caller_limits.replace(settings.limits.clone());
        let reloaded = Reloaded {
            models: self.catalog.current().models().count(),
            providers: self.providers.keys().iter().map(ToString::to_string).collect(),
            wait_for_restart: self.started_with.fixed_sections_unlike(&settings),
        };
        tracing::info!(
            models = reloaded.models,
            providers = reloaded.providers.join(", "),
            "the configuration was read again"
        );
        if !reloaded.wait_for_restart.is_empty() {
            tracing::warn!(
                sections = reloaded.wait_for_restart.join(", "),
                "some changed settings wait for a restart"
            );
        }
        Ok(reloaded)
    }
}

impl Reloader {
    /// Starts to watch the files and to listen to SIGHUP.
    pub(crate) fn start(self: Arc<Self>, spawner: &Spawner) -> Result<()> {
        let hangup = signal(SignalKind::hangup()).context("SIGHUP can't be listened to")?;
        let stopping = spawner.stopping().clone();
        spawner.start(async move {
            stopping.run_until_cancelled(self.watch(hangup)).await;
        });
        Ok(())
    }

    async fn watch(&self, mut hangup: Signal) {
        let files = self.sources.files();
        let mut seen = stamps(&files).await;
        loop {
            let asked = tokio::select! {
                _ = hangup.recv() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let now = stamps(&files).await;
            if asked || now != seen {
                seen = now;
                // Its outcome is in the log.
                drop(self.reload().await);
            }
            self.forget_retired().await;
        }
    }

    async fn forget_retired(&self) {
        if !self.providers.has_retired() && !self.catalog.current().has_retired() {
            return;
        }
        // Work that was chosen a provider before the reload may not be in the database yet.
        let Some(before) = Instant::now().checked_sub(RETIRED_KEPT) else { return };
        match self.store.needed().await {
            Ok(needed) => {
                self.providers.forget_retired(before, &needed.credentials);
                self.catalog.forget_retired(before, &needed.models);
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "it can't be told what is still needed"
                );
            }
        }
    }
}

/// What tells whether a file has changed.
type Stamp = Option<(SystemTime, u64)>;

async fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let mut stamps = Vec::with_capacity(files.len());
    for file in files {
        let metadata = tokio::fs::metadata(file).await.ok();
        stamps.push(metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len()))));
    }
    stamps
}
