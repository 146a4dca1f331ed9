//! Makes or migrates the database.

use std::process::ExitCode;

use anyhow::Result;
use fourfold_service::backends::SqliteStore;

use super::Context;
use crate::data_dir::DataDir;

pub(super) fn run(context: &Context) -> Result<ExitCode> {
    let data_dir = DataDir::open(&context.settings()?.data_dir)?;
    let database = data_dir.database();
    let applied = SqliteStore::migrate(&database)?;
    if applied.is_empty() {
        println!("{} is up to date", database.display());
    } else {
        println!("{}: applied {}", database.display(), applied.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}
