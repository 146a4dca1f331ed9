//! The part that a process plays among those that share a database.

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::config::Settings;

/// The part that a process plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum Role {
    /// Answers requests and works.
    #[default]
    All,
    /// Answers requests; jobs are worked on elsewhere.
    Api,
    /// Works on jobs, sends webhooks, sweeps. Answers for its own health and metrics only.
    Worker,
}

impl Role {
    pub(crate) fn answers(self) -> bool {
        self != Self::Worker
    }

    pub(crate) fn works(self) -> bool {
        self != Self::Api
    }

    /// Refuses a part that nobody else could complete: what is embedded belongs to one process.
    pub(crate) fn check(self, settings: &Settings) -> Result<()> {
        let shares = settings.database.url.is_some() && settings.redis.url.is_some();
        ensure!(
            self == Self::All || shares,
            "--role {}: needs what many processes share; set database.url and redis.url, or leave the role out",
            self.as_str()
        );
        // A folder by default is in `data_dir`, and each process has its own.
        let shares_results = settings.artifacts.s3.bucket.is_some() || settings.artifacts.folder.is_some();
        ensure!(
            self == Self::All || shares_results,
            "--role {}: needs one place for results that every process reaches; set artifacts.s3.bucket, or \
             artifacts.folder to a folder that they share",
            self.as_str()
        );
        Ok(())
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}
