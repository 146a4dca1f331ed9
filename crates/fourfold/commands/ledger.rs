//! The audit of the ledger and its comparison with the vendors, beside a running server.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use fourfold_service::Timestamp;
use fourfold_service::reconcile::{Doubt, ModelMargin, Told};

use super::{Context, block_on};
use crate::compose::{desk, reconcile_desk};

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Subcommand)]
pub(super) enum Ledger {
    /// Looks for anything that doesn't add up, in one snapshot; exits with 1 if something doesn't.
    Verify,
    /// Compares the books with what each vendor can tell, and shows each model's margin. Changes nothing without
    /// --apply.
    Reconcile(Reconcile),
}

#[derive(Args)]
pub(super) struct Reconcile {
    /// Books what vendors delivered and nobody got as your loss.
    #[arg(long)]
    apply: bool,
    /// How many days back it looks.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// Prints it as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, command: &Ledger) -> Result<ExitCode> {
    match command {
        Ledger::Verify => verify(context),
        Ledger::Reconcile(options) => reconcile(context, options),
    }
}

fn verify(context: &Context) -> Result<ExitCode> {
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

fn reconcile(context: &Context, options: &Reconcile) -> Result<ExitCode> {
    let desk = reconcile_desk(context.checked()?)?;
    let to = desk.now();
    let from = Timestamp::from_millis(to.millis() - i64::from(options.days) * DAY_MS);
    let found = block_on(async { Ok(desk.reconcile(from, to, options.apply).await?) })?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("models, the last {} days", options.days);
    for ModelMargin { costs, margin } in &found.models {
        let unknown = match costs.uncosted {
            0 => String::new(),
            attempts => format!("  ({attempts} attempts of unknown cost)"),
        };
        println!(
            "  {:<28}  {:>8} jobs  {:>8} calls  charged {:>12}  cost {:>12}  margin {:>12}  lost {:>12}{unknown}",
            costs.model, costs.jobs, costs.calls, costs.charged, costs.cost, margin, costs.losses
        );
    }
    println!("attempts in doubt");
    for doubt in &found.doubts {
        let told = match &doubt.told {
            Told::Delivered => "the vendor delivered, nobody got it".to_owned(),
            Told::Running => "the vendor still works on it".to_owned(),
            Told::Failed(why) => format!("the vendor says that it failed: {why}"),
            Told::Nothing(why) => format!("unknown: {why}"),
        };
        let lost = doubt.lost.map(|lost| format!("; {lost} booked as lost")).unwrap_or_default();
        let Doubt { owner, attempt, provider, credential, .. } = doubt;
        println!("  {owner} attempt {attempt} at {provider} ({credential}): {told}{lost}");
    }
    println!("accounts at the vendors");
    for account in &found.accounts {
        let left = account.balances.iter().map(|balance| format!("{} {}", balance.amount, balance.unit));
        let left = left.collect::<Vec<_>>().join(", ");
        let told = account.unknown.as_ref().map_or(left, |why| format!("unknown: {why}"));
        println!("  {} ({}): {told}", account.provider, account.credential);
    }
    if !options.apply {
        println!("nothing was changed; --apply books what was delivered and lost");
    }
    Ok(ExitCode::SUCCESS)
}
