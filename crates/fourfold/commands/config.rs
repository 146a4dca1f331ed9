//! The configuration, looked at without a server.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Subcommand;

use super::Context;
use crate::bridges::FactoryProviders;
use crate::compose::{catalog, providers};
use crate::config::{PLAIN_NAMES, Settings, load};
use crate::data_dir::decode_secret_key;

#[derive(Subcommand)]
pub(super) enum Config {
    /// Checks everything that can be checked without starting, and says where each setting was written.
    Check,
}

pub(super) fn run(context: &Context, command: &Config) -> Result<ExitCode> {
    let Config::Check = command;
    let loaded = load::<Settings>(&context.sources, PLAIN_NAMES)?;
    let (settings, places) = (loaded.settings, loaded.places);
    let at = |setting: &str, problem: &str| anyhow!("{}: {problem}", places.of(setting));

    settings.jobs.check().map_err(|(setting, problem)| at(setting, &problem))?;
    if let Some(key) = &settings.security.secret_key {
        decode_secret_key(key.expose()).map_err(|error| at("security.secret_key", &error.to_string()))?;
    }
    if let Some(key) = &settings.security.admin_key {
        let parsed = key.expose().parse::<fourfold_service::keys::KeySecret>();
        parsed.map_err(|error| at("security.admin_key", &error.to_string()))?;
    }
    tracing_subscriber::EnvFilter::try_new(&settings.log.filter)
        .map_err(|error| at("log.filter", &error.to_string()))?;
    let providers = FactoryProviders(providers(&settings)?);
    let models = catalog(&settings, &providers)?.models().count();

    for place in places.all() {
        println!("{place}");
    }
    println!("ok: {models} models");
    Ok(ExitCode::SUCCESS)
}
