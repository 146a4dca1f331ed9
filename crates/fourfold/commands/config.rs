//! The configuration, looked at without a server.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::Context;

#[derive(Subcommand)]
pub(super) enum Config {
    /// Checks everything that can be checked without starting, and says where each setting was written.
    Check,
}

pub(super) fn run(context: &Context, command: &Config) -> Result<ExitCode> {
    let Config::Check = command;
    let checked = context.checked()?;
    for place in checked.places.all() {
        println!("{place}");
    }
    println!("ok: {} models", checked.catalog.models().count());
    Ok(ExitCode::SUCCESS)
}
