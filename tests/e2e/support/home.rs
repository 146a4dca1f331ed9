//! A folder with its settings, in which servers and commands run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::http::Api;
use super::process::{Process, Ran};
use super::wait::within;

/// The admin key of every server that isn't told otherwise.
pub(crate) const ADMIN_KEY: &str = "ff_e2e_admin_key_0000000000000000000000000000";

/// A folder of its own with a data folder in it, and the variables that everything here is started with.
pub(crate) struct Home {
    folder: TempDir,
    variables: BTreeMap<String, String>,
}

/// A server that listens; killed when it is dropped.
pub(crate) struct Server {
    process: Process,
    pub(crate) address: SocketAddr,
    /// The operator.
    pub(crate) admin: Api,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap(), variables: BTreeMap::new() };
        home.with("FOURFOLD_ADMIN_KEY", ADMIN_KEY)
            .with("FOURFOLD__SERVER__LISTEN", "127.0.0.1:0")
            .with("FOURFOLD__PROVIDERS__MOCK__DELAY", "80ms")
    }

    /// Sets a variable.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Starts a server, which must come to listen.
    pub(crate) async fn start(&self) -> Server {
        match self.try_start(&[]).await {
            Ok(server) => server,
            Err(ran) => panic!("the server didn't come to listen: {ran:#?}"),
        }
    }

    /// Starts a server with these variables besides; what is left of it where it ended before it listened.
    pub(crate) async fn try_start(&self, variables: &[(&str, &str)]) -> Result<Server, Ran> {
        self.try_start_as(&[], variables).await
    }

    /// The same by this command.
    pub(crate) async fn try_start_as(
        &self,
        command: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Server, Ran> {
        let mut process = self.process(command, variables);
        match within(process.told(listening_on)).await {
            Some(address) => {
                let admin = Api::new(&format!("http://{address}")).with_key(ADMIN_KEY);
                Ok(Server { process, address, admin })
            }
            None => Err(process.ended().await),
        }
    }

    /// Starts a server that must refuse to, and gives what it says.
    pub(crate) fn refusal(&self) -> impl Future<Output = String> {
        let starting = self.try_start(&[]);
        async {
            match starting.await {
                Ok(server) => panic!("it listens on {}", server.address),
                Err(ran) => ran.complaint(),
            }
        }
    }

    /// Runs a command to its end.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Ran {
        self.process(arguments, &[]).ended().await
    }

    /// Starts the binary, with these variables besides.
    pub(crate) fn process(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Process {
        let own = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Process::start(self.path(), arguments.iter().copied(), own.chain(variables.iter().copied()))
    }
}

impl Server {
    /// Ends it as if the machine had lost power.
    pub(crate) async fn kill(self) -> Ran {
        self.process.signal(Signal::KILL);
        self.ended().await
    }

    /// Asks it to stop; it may still have work to end.
    pub(crate) fn terminate(&self) {
        self.process.signal(Signal::TERM);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// What Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.process.signal(Signal::INT);
    }

    /// Waits for its end.
    pub(crate) async fn ended(self) -> Ran {
        self.process.ended().await
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// What durability rests on, as it told at its start.
    pub(crate) fn durability(&self) -> String {
        let told = self.process.seen(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            Some(format!("{} {}", line["data_dir"].as_str()?, line["durability"].as_str()?))
        });
        told.unwrap_or_default()
    }

    /// Stops it, which must go well.
    pub(crate) async fn stop(self) -> Ran {
        self.terminate();
        let ran = self.ended().await;
        assert_eq!(ran.code(), Some(0), "{ran:#?}");
        ran
    }
}

/// The address in the line that says that the server listens.
fn listening_on(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["message"].as_str()?.strip_prefix("listening on http://")?.parse().ok()
}
