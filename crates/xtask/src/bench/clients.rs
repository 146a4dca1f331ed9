//! `cargo xtask bench clients`: what the clients' policies cost, beside the same calls made bare.

use anyhow::{Context, Result};
use clap::Args;

use crate::command;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Options {
    /// How many calls each side makes
    #[arg(long, default_value_t = 100_000)]
    calls: u32,
}

/// Runs the benchmark of the clients' crate, which compares the sides in one run and knows the goals.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut bench = workspace.cargo(["bench", "--quiet", "-p", "fourfold-clients", "--bench", "calls", "--"]);
    command::run(bench.arg(options.calls.to_string()))
        .context("a goal is missed, by the line above that says so: run it again on a quiet machine first")
}
