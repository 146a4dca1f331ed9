//! Makes or migrates the database.

use std::process::ExitCode;

use anyhow::Result;

use super::Context;
use crate::database::Database;

pub(super) fn run(context: &Context) -> Result<ExitCode> {
    let (database, applied) = Database::migrate(&context.settings()?)?;
    if applied.is_empty() {
        println!("{database} is up to date");
    } else {
        println!("{database}: applied {}", applied.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}
