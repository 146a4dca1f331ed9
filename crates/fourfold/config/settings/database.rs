//! `database`: where accounts, jobs and keys are kept.

use std::path::PathBuf;
use std::time::Duration;

use fourfold_domain::serde_duration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Secret;

/// Where accounts, jobs and keys are kept.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DatabaseSettings {
    /// A Postgres database, such as `postgres://user:password@host/fourfold`, for any number of processes; it needs
    /// `security.secret_key`. Without it, one server process has its own database in the data folder.
    /// `sslmode=require` in it encrypts and checks the server's certificate.
    pub(crate) url: Option<Secret>,
    /// A PEM file with the certificate authorities that are trusted for Postgres, in place of the machine's. Needs
    /// `sslmode=require` in the address.
    pub(crate) ca_file: Option<PathBuf>,
    /// How many connections to Postgres a process has, besides the one that commits; 1 to 1000.
    pub(crate) connections: usize,
    /// How long requests wait for a Postgres that is gone to come back, before they fail.
    #[serde(with = "serde_duration")]
    #[schemars(with = "String")]
    pub(crate) patience: Duration,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: None, ca_file: None, connections: 8, patience: Duration::from_secs(30) }
    }
}

impl DatabaseSettings {
    /// The first setting that can't be, with what is allowed.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.ca_file.is_some() && self.url.is_none() {
            return Err(("database.ca_file", "needs database.url".to_owned()));
        }
        if !(1..=1000).contains(&self.connections) {
            return Err(("database.connections", "must be 1 to 1000".to_owned()));
        }
        Ok(())
    }
}
