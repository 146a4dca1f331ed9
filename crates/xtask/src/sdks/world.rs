//! What the SDKs are run against: two simulators, and Fourfold as a gateway to their vendors.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::TESTS;
use super::process::Process;
use crate::workspace::Workspace;

/// The admin key of the servers that are tested. It opens nothing else.
pub(super) const ADMIN_KEY: &str = "ff_sdks_0123456789abcdef0123456789abcdef";

/// The running processes.
pub(super) struct World {
    first: Process,
    /// Another one, for vendors that are asked where those of the first have failed.
    second: Process,
    fourfold: Process,
}

impl World {
    /// Starts them in an empty folder below the target folder, in which their logs are left.
    pub(super) fn start(workspace: &Workspace) -> Result<Self> {
        let folder = empty_folder(workspace, "world")?;
        let binary = binary(workspace);
        let first = simulator(&binary, &folder.join("simulator.log"))?;
        let second = simulator(&binary, &folder.join("second_simulator.log"))?;
        let config = workspace.root().join(TESTS).join("fourfold.yaml");
        let vendors = [("SIMULATOR_URL", first.url()), ("SECOND_SIMULATOR_URL", second.url())];
        let fourfold = server(workspace, &folder, &config, &vendors)?;
        Ok(Self { first, second, fourfold })
    }

    /// Tells a run of tests where everything is, and nothing else: the caller's environment could name other servers,
    /// keys and proxies.
    pub(super) fn describe(&self, tests: &mut Command) {
        tests
            .env_clear()
            .env("SIMULATOR_URL", self.first.url())
            .env("SECOND_SIMULATOR_URL", self.second.url())
            .env("FOURFOLD_URL", self.fourfold.url())
            .env("FOURFOLD_ADMIN_KEY", ADMIN_KEY);
    }
}

/// The program under test, as `cargo xtask test` builds it.
pub(super) fn binary(workspace: &Workspace) -> PathBuf {
    workspace.target().join("debug/fourfold")
}

/// A folder below the target folder that is empty.
pub(super) fn empty_folder(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let folder = workspace.target().join("sdks").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{} could not be removed", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Starts the server in its folder, in which its log is left.
pub(super) fn server(
    workspace: &Workspace,
    folder: &Path,
    config: &Path,
    variables: &[(&str, &str)],
) -> Result<Process> {
    let mut command = Command::new(binary(workspace));
    // The caller's environment and working folder could carry settings of their own.
    command
        .args(["serve", "--config"])
        .arg(config)
        .current_dir(folder)
        .env_clear()
        .env("FOURFOLD_ADMIN_KEY", ADMIN_KEY)
        .envs(variables.iter().copied());
    Process::start(command, File::create(folder.join("fourfold.log"))?, servers_url)
}

fn simulator(binary: &Path, log: &Path) -> Result<Process> {
    let mut command = Command::new(binary);
    command.args(["simulate", "--port", "0"]).env_clear();
    Process::start(command, File::create(log)?, simulators_url)
}

/// The simulator's own URL in the line by which Fourfold is pointed at one of its vendors.
fn simulators_url(line: &str) -> Option<String> {
    let url = line.strip_prefix("OPENAI_BASE_URL=")?.strip_suffix("/openai/v1")?;
    Some(url.to_owned())
}

/// The server's URL in the line of its log that says that it listens.
fn servers_url(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let address = line["message"].as_str()?.strip_prefix("listening on ")?;
    Some(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulators_url_is_what_comes_before_the_vendor() {
        let line = "OPENAI_BASE_URL=http://127.0.0.1:4010/openai/v1";
        assert_eq!(simulators_url(line).as_deref(), Some("http://127.0.0.1:4010"));
        assert_eq!(simulators_url("RUNWAY_BASE_URL=http://127.0.0.1:4010/runway"), None);
    }

    #[test]
    fn servers_url_is_where_it_says_that_it_listens() {
        let line = r#"{"level":"INFO","message":"listening on http://127.0.0.1:8000"}"#;
        assert_eq!(servers_url(line).as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(servers_url(r#"{"message":"the database is open"}"#), None);
        assert_eq!(servers_url("listening on http://127.0.0.1:8000"), None);
    }
}
