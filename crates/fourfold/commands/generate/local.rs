//! A server of its own for one command, in a folder that goes with it.

use anyhow::{Context as _, Result};
use fourfold_domain::{ExternalId, Realm, Subject};
use fourfold_service::Spawner;
use fourfold_service::artifacts::ArtifactSettings;
use fourfold_service::backends::RedisSettings;
use fourfold_service::keys::{KeyKind, KeySecret, NewKey};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::checked::Checked;
use crate::compose::Server;
use crate::config::Sources;
use crate::role::Role;
use crate::runtimes::HttpRuntimes;

/// More than any one command can spend.
const CREDITS: &str = "1000000";

/// A server in this process, on a free port.
pub(super) struct LocalServer {
    url: String,
    secret: KeySecret,
    server: Server,
    http: HttpRuntimes,
    working: Spawner,
    accepting: Spawner,
    /// Removed with everything in it when the command is done.
    _folder: TempDir,
}

impl LocalServer {
    /// Starts a server with these settings, but on a free port and in a folder of its own.
    pub(super) fn start(
        mut checked: Checked,
        sources: &Sources,
        work: &Runtime,
        user: &ExternalId,
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder can't be made")?;
        folder.path().clone_into(&mut checked.settings.data_dir);
        // A database of others is none of this command's.
        checked.settings.database.url = None;
        checked.settings.server.listen = ([127, 0, 0, 1], 0).into();
        checked.settings.redis = RedisSettings::default();
        checked.settings.artifacts = ArtifactSettings::default();
        let (working, accepting) = (Spawner::new(work.handle().clone()), Spawner::new(work.handle().clone()));
        let server = Server::open(checked, Role::All, sources, &working)?;
        let secret = KeySecret::random();
        work.block_on(async {
            server.start(&working).await?;
            let key = NewKey::new(KeyKind::Service, Realm::default(), None);
            server.state.keys.create(key, &secret).await?;
            let subject = Subject { realm: Realm::default(), external_id: user.clone() };
            server.state.credits.grant(subject, CREDITS.parse()?, None, None).await?;
            let listener =
                TcpListener::bind(server.settings().server.listen).await.context("no port is free")?;
            let address = listener.local_addr()?;
            let http = HttpRuntimes::start(
                listener,
                &server.state_at(address),
                Role::All,
                &server.settings().server,
                &accepting,
            )?;
            anyhow::Ok((format!("http://{address}"), http))
        })
        .map(|(url, http)| Self { url, secret, server, http, working, accepting, _folder: folder })
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    pub(super) fn key(&self) -> &str {
        self.secret.expose()
    }

    pub(super) fn stop(self, work: &Runtime) {
        let patience = self.server.settings().server.shutdown_timeout;
        self.server.state.stopping.cancel();
        work.block_on(self.accepting.stop(patience));
        self.http.stop();
        work.block_on(self.working.stop(patience));
    }
}
