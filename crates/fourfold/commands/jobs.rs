//! Jobs of every account, beside a running server.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use fourfold_domain::{ExternalId, JobId, JobState, ModelName, Realm};
use fourfold_service::ServiceError;
use fourfold_service::credits::Account;
use fourfold_service::jobs::{Artifact, Attempt, Job, JobView};
use fourfold_service::ports::JobFilter;
use serde_json::{Value, json};

use super::{Context, block_on};
use crate::compose::jobs_desk;

/// How many jobs are read at a time.
const PAGE: usize = 100;

#[derive(Subcommand)]
pub(super) enum Jobs {
    /// Lists jobs, the newest first.
    List(List),
    /// Shows a job with its attempts and results.
    Show {
        /// The job's id.
        id: JobId,
        /// Prints it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tries a job again that ended without a result: a new job at the prices of now, whose id is printed.
    Retry {
        /// The job's id.
        id: JobId,
    },
    /// Calls a job off.
    Cancel {
        /// The job's id.
        id: JobId,
    },
}

#[derive(Args)]
pub(super) struct List {
    /// Only those of this account, by the caller's name of it.
    #[arg(long)]
    account: Option<ExternalId>,
    /// Only those of this realm.
    #[arg(long)]
    realm: Option<Realm>,
    /// Only those in this state.
    #[arg(long)]
    state: Option<JobState>,
    /// Only those for this model.
    #[arg(long)]
    model: Option<ModelName>,
    /// How many at most.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Prints a line of JSON for each.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, command: Jobs) -> Result<ExitCode> {
    let jobs = jobs_desk(context.checked()?)?;
    block_on(async {
        match command {
            Jobs::List(list) => {
                let filter = JobFilter {
                    state: list.state,
                    realm: list.realm,
                    account: list.account,
                    model: list.model,
                };
                let (mut before, mut left) = (None, list.limit);
                while left > 0 {
                    let page = jobs.find(filter.clone(), before, left.min(PAGE)).await?;
                    for (account, view) in &page {
                        match list.json {
                            true => println!("{}", as_json(account, view)),
                            false => print(account, &view.job),
                        }
                    }
                    before = page.last().map(|(_, view)| view.job.id);
                    if page.len() < left.min(PAGE) {
                        break;
                    }
                    left -= page.len();
                }
            }
            Jobs::Show { id, json } => {
                let (account, view) = jobs.any(id).await.map_err(|error| wrong(id, error))?;
                match json {
                    true => println!("{}", as_json(&account, &view)),
                    false => show(&account, &view),
                }
            }
            Jobs::Retry { id } => {
                let view = jobs.retry(id, None).await.map_err(|error| wrong(id, error))?;
                eprintln!("{id} is tried again, {} credits are held", view.job.held);
                println!("{}", view.job.id);
            }
            Jobs::Cancel { id } => {
                let (account, _) = jobs.any(id).await.map_err(|error| wrong(id, error))?;
                let view = jobs.cancel(account.id, id).await.map_err(|error| wrong(id, error))?;
                match view.job.state {
                    JobState::Cancelled => println!("cancelled {id}"),
                    state => println!("{id} is {state}; its worker calls it off"),
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn wrong(id: JobId, error: ServiceError) -> anyhow::Error {
    anyhow!("{id}: {error}")
}

fn print(account: &Account, job: &Job) {
    println!(
        "{}  {:<9}  {:<24}  {:>10}  {}  {}",
        job.id,
        job.state.as_str(),
        job.model.as_str(),
        job.charged.to_string(),
        account.subject.external_id,
        job.error.as_ref().map(|error| error.code.as_str()).unwrap_or_default()
    );
}

fn show(account: &Account, view: &JobView) {
    let job = &view.job;
    print(account, job);
    println!("  {} credits held, {} charged", job.held, job.charged);
    if let Some(first) = job.retry_of {
        println!("  tries {first} again");
    }
    if let Some(error) = &job.error {
        println!("  {}: {}", error.code, error.message);
    }
    for attempt in &view.attempts {
        let cost = attempt.cost.map_or_else(|| "unknown".to_owned(), |cost| cost.to_string());
        println!(
            "  attempt {} at {}: {}, cost {cost}",
            attempt.number,
            attempt.provider,
            attempt.state.as_str()
        );
    }
    for artifact in &view.artifacts {
        let place = match artifact.removed_at {
            Some(_) => "removed",
            None => artifact.object.key.as_str(),
        };
        println!("  artifact {}: {} bytes, {place}", artifact.index, artifact.object.size_bytes);
    }
}

fn as_json(account: &Account, view: &JobView) -> Value {
    let job = &view.job;
    let attempt = |attempt: &Attempt| {
        json!({
            "number": attempt.number,
            "provider": attempt.provider.as_str(),
            "state": attempt.state.as_str(),
            "error": attempt.error,
            "cost": attempt.cost.map(|cost| cost.to_string()),
        })
    };
    let artifact = |artifact: &Artifact| {
        json!({
            "index": artifact.index,
            "key": artifact.object.key,
            "media_type": artifact.object.media_type,
            "size_bytes": artifact.object.size_bytes,
            "sha256": artifact.object.sha256,
            "removed": artifact.removed_at.is_some(),
        })
    };
    json!({
        "id": job.id.to_string(),
        "account": account.subject.external_id.as_str(),
        "realm": account.subject.realm.as_str(),
        "model": job.model.as_str(),
        "state": job.state.as_str(),
        "progress": job.progress,
        "error": job.error,
        "held": job.held.to_string(),
        "charged": job.charged.to_string(),
        "retry_of": job.retry_of.map(|job| job.to_string()),
        "attempts": view.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "artifacts": view.artifacts.iter().map(artifact).collect::<Vec<_>>(),
    })
}
