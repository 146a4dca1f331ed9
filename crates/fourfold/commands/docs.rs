//! Generated pages.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::config::{PLAIN_NAMES, Settings, configuration_markdown, env_example};
use crate::model_tables;

#[derive(Subcommand)]
pub(super) enum Docs {
    /// docs/configuration.md
    Configuration,
    /// .env.example
    Env,
    /// docs/models.md
    Models,
    /// The description of the API.
    Openapi,
}

pub(super) fn run(command: &Docs) -> Result<ExitCode> {
    let schema = schemars::schema_for!(Settings);
    match command {
        Docs::Configuration => print!("{}", configuration_markdown(&schema, PLAIN_NAMES)),
        Docs::Env => print!("{}", env_example(&schema, PLAIN_NAMES)),
        Docs::Models => print!("{}", model_tables::markdown()?),
        Docs::Openapi => println!("{}", serde_json::to_string_pretty(&fourfold_api::openapi())?),
    }
    Ok(ExitCode::SUCCESS)
}
