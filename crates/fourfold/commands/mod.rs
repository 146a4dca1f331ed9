//! The command line.

mod config;
mod credits;
mod docs;
mod generate;
mod health;
mod jobs;
mod keys;
mod ledger;
mod migrate;
mod models;
mod serve;
mod simulate;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::bridges::Links;
use crate::checked::Checked;
use crate::config::settings::{LogFormat, LogSettings};
use crate::config::{PLAIN_NAMES, Settings, Sources, load};
use crate::role::Role;

/// One self-hosted backend for every generative model.
#[derive(Parser)]
#[command(name = "fourfold", version, about)]
pub(crate) struct Arguments {
    /// The configuration file; without it, FOURFOLD_CONFIG or fourfold.yaml where there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server (what no command does too).
    Serve(serve::Serve),
    /// Works on jobs for servers elsewhere: `serve --role worker`.
    Worker,
    /// Makes or migrates the database, and says what was done.
    Migrate,
    /// Makes, lists and revokes API keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Grants and shows credits.
    #[command(subcommand)]
    Credits(credits::Credits),
    /// Lists and shows jobs, tries them again, calls them off.
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Looks at the ledger.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Lists the models of the catalog: who serves them, their prices, their costs, and the margin.
    Models(models::Models),
    /// Looks at the configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Makes something with a model and saves it, showing how far it is.
    Generate(generate::Generate),
    /// Plays the vendors' APIs on one port, for development and tests.
    Simulate(simulate::Simulate),
    /// Asks the server whether it lives; exits with 0 if it does.
    Health,
    /// Prints a generated page.
    #[command(subcommand, hide = true)]
    Docs(docs::Docs),
}

/// What a command works with.
struct Context {
    sources: Sources,
}

impl Context {
    /// The settings, as far as reading them checks them.
    fn settings(&self) -> Result<Settings> {
        Ok(load::<Settings>(&self.sources, PLAIN_NAMES)?.settings)
    }

    /// The settings, and everything that can be checked without starting.
    fn checked(&self) -> Result<Checked> {
        Checked::read(&self.sources, Links::default())
    }

    /// A variable that is no setting.
    fn variable(&self, name: &str) -> Option<String> {
        let found = self.sources.environment.iter().find(|(known, _value)| known == name);
        found.and_then(|(_name, value)| value.to_str().map(str::to_owned)).filter(|value| !value.is_empty())
    }
}

/// Runs one command.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let sources = Sources {
        file: arguments.config,
        folder: PathBuf::from("."),
        environment: std::env::vars_os().collect(),
    };
    let context = Context { sources };
    match arguments.command.unwrap_or_else(|| Command::Serve(serve::Serve::default())) {
        Command::Serve(serve) => serve::run(&context, serve.role),
        Command::Worker => serve::run(&context, Role::Worker),
        Command::Migrate => migrate::run(&context),
        Command::Keys(command) => keys::run(&context, command),
        Command::Credits(command) => credits::run(&context, command),
        Command::Jobs(command) => jobs::run(&context, command),
        Command::Ledger(command) => ledger::run(&context, &command),
        Command::Models(command) => models::run(&context, &command),
        Command::Config(command) => config::run(&context, &command),
        Command::Generate(command) => generate::run(&context, &command),
        Command::Simulate(command) => simulate::run(&command),
        Command::Health => health::run(&context),
        Command::Docs(command) => docs::run(&command),
    }
}

/// For commands whose output is for people and scripts: only what is wrong is logged.
fn quiet_logs() -> LogSettings {
    LogSettings { filter: "warn".to_owned(), format: LogFormat::Pretty }
}

/// Runs a short command's work on a runtime of its own.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
