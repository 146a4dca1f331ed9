//! `cargo xtask bench ledger`: hold + settle pairs a second on both databases, beside what the disk can do.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::bench::{disk, server};
use crate::command;
use crate::workspace::Workspace;

const SYNCS_DURATION: Duration = Duration::from_secs(2);

#[derive(Args)]
pub(crate) struct Options {
    /// For how long each side works
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// Runs the benchmark of the service's crate, which compares the sides in one run and knows the goals.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = server::folder(workspace)?;
    let syncs_per_second = disk::syncs_per_second(folder.path(), SYNCS_DURATION)?;
    println!("disk     {syncs_per_second:.0} fdatasync/s, {}", disk::file_system(folder.path()));
    let mut bench =
        workspace.cargo(["bench", "--quiet", "-p", "fourfold-service", "--bench", "ledger", "--"]);
    // The databases lie on the disk that was measured.
    command::run(bench.arg(options.seconds.to_string()).env("TMPDIR", folder.path()))
        .context("a goal is missed, by the line above that says so: run it again on a quiet machine first")
}
