//! `cargo xtask chaos`: everything dies by chance, for as long as you like; then all must add up.

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace::Workspace;
use crate::{command, servers, tools};

#[derive(Args)]
pub(crate) struct Options {
    /// For how long things die
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// What the chances follow from; the same seed does the same harm in the same order
    #[arg(long)]
    seed: Option<u64>,
    /// How many jobs are under way at once
    #[arg(long, default_value_t = 2000)]
    jobs: usize,
    /// How many chats are under way at once
    #[arg(long, default_value_t = 500)]
    chats: usize,
}

/// Runs the suite's test of that name for long, with its output as it comes.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    servers::ensure()?;
    let nextest = tools::CARGO_NEXTEST.program(workspace)?;
    let arguments = [
        "nextest",
        "run",
        "--cargo-quiet",
        "--package",
        "fourfold",
        "--test",
        "e2e",
        "--no-capture",
        "--profile",
        "chaos",
        "chaos_loses_nothing",
    ];
    let mut chaos = workspace.command(nextest, arguments);
    chaos
        .env("FOURFOLD_CHAOS_MINUTES", options.minutes.to_string())
        .env("FOURFOLD_CHAOS_JOBS", options.jobs.to_string())
        .env("FOURFOLD_CHAOS_CHATS", options.chats.to_string());
    if let Some(seed) = options.seed {
        chaos.env("FOURFOLD_CHAOS_SEED", seed.to_string());
    }
    command::run(&mut chaos).context("something was lost, charged twice or left between states: see above")
}
