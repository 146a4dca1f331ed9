//! `cargo xtask bench …`: measurements of the release binary, one file each.

mod disk;
mod http;
mod jobs;
mod server;

use anyhow::Result;
use clap::Subcommand;

use crate::workspace::Workspace;

/// Measure the release binary.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Jobs per second from end to end in embedded mode, and the memory of the idle server
    Jobs(jobs::Options),
}

/// Runs one measurement; it fails if the goal is missed.
pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Jobs(options) => jobs::run(workspace, options),
    }
}
