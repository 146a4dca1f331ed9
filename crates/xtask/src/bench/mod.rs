//! `cargo xtask bench …`: measurements of optimised builds, one file each.

mod artifacts;
mod chats;
mod clients;
mod disk;
mod forward;
mod gateway;
mod http;
mod jobs;
mod ledger;
mod load;
mod polls;
mod processes;
mod server;
mod sink;
mod streams;

use anyhow::Result;
use clap::Subcommand;

use crate::workspace::Workspace;

/// Measure speed and memory.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Jobs per second from end to end in embedded mode, and the memory of the idle server
    Jobs(jobs::Options),
    /// Ten thousand running videos polled by one worker: how late, and in how much memory
    Polls(polls::Options),
    /// The memory of a worker that stores large results
    Artifacts(artifacts::Options),
    /// Hold + settle pairs per second, many in one commit beside one transaction each, on SQLite and Postgres
    Ledger(ledger::Options),
    /// The CPU and time that a chat costs through Fourfold, beside nginx and the vendor alone
    Gateway(gateway::Options),
    /// What the forward proxy adds to a request, beside nginx and the vendor alone, and its memory under large bodies and many streams
    Forward(forward::Options),
    /// How late the chunks of thousands of streams come through Fourfold, and in how much memory
    Streams(streams::Options),
    /// What keeping a conversation adds to an answer, with a million messages kept
    Chats(chats::Options),
    /// The CPU that a call and a stream cost through the clients, beside bare reqwest
    Clients(clients::Options),
}

/// Runs one measurement; it fails if the goal is missed.
pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Jobs(options) => jobs::run(workspace, options),
        Bench::Polls(options) => polls::run(workspace, options),
        Bench::Artifacts(options) => artifacts::run(workspace, options),
        Bench::Ledger(options) => ledger::run(workspace, options),
        Bench::Gateway(options) => gateway::run(workspace, options),
        Bench::Forward(options) => forward::run(workspace, options),
        Bench::Streams(options) => streams::run(workspace, options),
        Bench::Chats(options) => chats::run(workspace, options),
        Bench::Clients(options) => clients::run(workspace, options),
    }
}
