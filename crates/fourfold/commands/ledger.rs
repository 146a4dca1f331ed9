//! The audit of the ledger, beside a running server.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::{Context, block_on};
use crate::compose::desk;

#[derive(Subcommand)]
pub(super) enum Ledger {
    /// Looks for anything that doesn't add up, in one snapshot; exits with 1 if something doesn't.
    Verify,
}

pub(super) fn run(context: &Context, command: &Ledger) -> Result<ExitCode> {
    let Ledger::Verify = command;
    let credits = desk(&context.settings()?)?.credits;
    let audit = block_on(async { Ok(credits.audit().await?) })?;
    let counts = audit.counts;
    println!(
        "{} accounts, {} entries, {} holds ({} open), {} jobs ({} open), {} calls",
        counts.accounts,
        counts.entries,
        counts.holds,
        counts.holds_open,
        counts.jobs,
        counts.jobs_open,
        counts.calls
    );
    for finding in &audit.findings {
        println!(
            "NOT CLEAN  {}: {} of account {}: {}",
            finding.rule, finding.id, finding.account, finding.detail
        );
    }
    if audit.findings.is_empty() {
        println!("clean");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
