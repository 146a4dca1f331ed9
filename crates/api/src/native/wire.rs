//! Shapes of our own routes. Credits are decimal strings of whole credits, times are RFC 3339 in UTC.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fourfold_domain::{Factor, Model, Parameter, Quote};
use fourfold_service::Timestamp;
use fourfold_service::credits::{Account, Entry};
use fourfold_service::jobs::{Attempt, Job, JobError, JobView};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::AppState;

/// A job.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobBody {
    id: String,
    /// Always `job`.
    object: &'static str,
    model: String,
    /// queued, starting, running, storing, succeeded, failed, cancelled or expired.
    state: &'static str,
    /// How far the vendor is, 0 to 100, where it tells.
    progress: Option<u8>,
    created_at: String,
    updated_at: String,
    attempts: Vec<AttemptBody>,
    /// The request as it was sent. Lists and events leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    input: Option<Box<RawValue>>,
    /// A small text result.
    #[schema(value_type = Option<Value>)]
    output: Option<Box<RawValue>>,
    artifacts: Vec<ArtifactBody>,
    /// Why it failed, or what is missing from it.
    error: Option<JobErrorBody>,
    credits: JobCredits,
    /// The caller's own words.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
}

/// One try at one vendor.
#[derive(Serialize, ToSchema)]
struct AttemptBody {
    number: u32,
    provider: String,
    /// begun, taken, succeeded, failed, not_sent, uncertain or cancelled.
    state: &'static str,
    error: Option<JobErrorBody>,
}

/// One stored result.
#[derive(Serialize, ToSchema)]
struct ArtifactBody {
    index: u32,
    media_type: String,
    size_bytes: u64,
    sha256: String,
    /// Reads the result without a key, for a while.
    url: String,
}

/// Why something failed.
#[derive(Serialize, ToSchema)]
struct JobErrorBody {
    /// A word for programs.
    code: String,
    /// A sentence for people.
    message: String,
}

/// What a job costs.
#[derive(Serialize, ToSchema)]
struct JobCredits {
    /// What was set aside for it.
    held: String,
    /// What it was charged.
    charged: String,
}

impl JobBody {
    /// With its input.
    pub(crate) fn new(view: &JobView, state: &AppState) -> Self {
        Self { input: raw(Some(&view.job.input)), ..Self::without_input(view, state) }
    }

    pub(crate) fn without_input(view: &JobView, state: &AppState) -> Self {
        let Job { id, model, .. } = &view.job;
        let artifact = |artifact: &fourfold_service::jobs::Artifact| ArtifactBody {
            index: artifact.index,
            media_type: artifact.object.media_type.clone(),
            size_bytes: artifact.object.size_bytes,
            sha256: artifact.object.sha256.clone(),
            url: format!("{}/files/{}", state.public_url, state.artifacts.sign(*id, artifact.index)),
        };
        Self {
            id: id.to_string(),
            object: "job",
            model: model.to_string(),
            state: view.job.state.as_str(),
            progress: view.job.progress,
            created_at: time(view.job.created_at),
            updated_at: time(view.job.updated_at),
            attempts: view.attempts.iter().map(attempt).collect(),
            input: None,
            output: raw(view.job.output.as_deref()),
            artifacts: view.artifacts.iter().map(artifact).collect(),
            error: view.job.error.as_ref().map(job_error),
            credits: JobCredits { held: view.job.held.to_string(), charged: view.job.charged.to_string() },
            metadata: raw(view.job.metadata.as_deref()),
        }
    }
}

fn attempt(attempt: &Attempt) -> AttemptBody {
    AttemptBody {
        number: attempt.number,
        provider: attempt.provider.to_string(),
        state: attempt.state.as_str(),
        error: attempt.error.as_ref().map(job_error),
    }
}

fn job_error(error: &JobError) -> JobErrorBody {
    JobErrorBody { code: error.code.clone(), message: error.message.clone() }
}

/// JSON text as it is. What can't be read is left out; it was written by us.
fn raw(text: Option<&str>) -> Option<Box<RawValue>> {
    text.and_then(|text| RawValue::from_string(text.to_owned()).ok())
}

/// An account's credits.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditsBody {
    /// The caller's name of the account.
    account: String,
    /// What can be spent.
    available: String,
    /// What is set aside for work under way.
    held: String,
}

impl CreditsBody {
    /// An account that was never used has nothing.
    pub(crate) fn new(external_id: &str, account: Option<&Account>) -> Self {
        let text = |credits: Option<fourfold_domain::Credits>| credits.unwrap_or_default().to_string();
        Self {
            account: external_id.to_owned(),
            available: text(account.map(|account| account.available)),
            held: text(account.map(|account| account.held)),
        }
    }
}

/// One line of the ledger. `available` and `held` of the account are the sums of these changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryBody {
    id: String,
    /// grant, hold, settle, release, interrupted or overrun.
    kind: &'static str,
    /// What it is about: what was granted or given back, less what was set aside or charged.
    amount: String,
    /// How `available` changed.
    available_change: String,
    /// How `held` changed.
    held_change: String,
    /// What for, `job:<id>` or `call:<id>`.
    owner: Option<String>,
    created_at: String,
}

impl EntryBody {
    pub(crate) fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id.to_string(),
            kind: entry.kind.as_str(),
            amount: entry.amount.to_string(),
            available_change: entry.available_change.to_string(),
            held_change: entry.held_change.to_string(),
            owner: entry.owner.map(|owner| owner.to_string()),
            created_at: time(entry.created_at),
        }
    }
}

/// What a request could cost at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuoteBody {
    model: String,
    credits: String,
    factors: Vec<FactorBody>,
    /// Names the price that was used.
    price_version: String,
}

/// One line of a quote.
#[derive(Serialize, ToSchema)]
struct FactorBody {
    /// What is counted.
    unit: &'static str,
    /// How many.
    count: u64,
    /// What the rate depends on, such as the size.
    traits: BTreeMap<String, String>,
    /// The price of `per` pieces.
    rate: String,
    per: u64,
    /// What this line comes to.
    credits: String,
}

impl QuoteBody {
    pub(crate) fn new(model: String, quote: &Quote) -> Self {
        let factor = |factor: &Factor| FactorBody {
            unit: factor.quantity.unit.as_str(),
            count: factor.quantity.count,
            traits: factor.quantity.traits.clone(),
            rate: factor.rate.to_string(),
            per: factor.per,
            credits: factor.credits.to_string(),
        };
        Self {
            model,
            credits: quote.credits.to_string(),
            factors: quote.factors.iter().map(factor).collect(),
            price_version: quote.price_version.clone(),
        }
    }
}

/// One model of the catalog.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelBody {
    id: String,
    /// Always `model`.
    object: &'static str,
    /// chat, embedding, image, video, speech or transcription.
    modality: &'static str,
    /// What `input` may be, as JSON Schema.
    #[schema(value_type = Object)]
    parameters: Value,
    /// What it costs.
    #[schema(value_type = Object)]
    price: Value,
}

impl ModelBody {
    pub(crate) fn new(model: &Model) -> Self {
        Self {
            id: model.name.to_string(),
            object: "model",
            modality: model.modality.as_str(),
            parameters: Parameter::schema_of(&model.parameters),
            price: serde_json::to_value(&model.price).unwrap_or_default(),
        }
    }
}

/// RFC 3339 in UTC, with milliseconds.
pub(crate) fn time(at: Timestamp) -> String {
    let since_epoch = Duration::from_millis(u64::try_from(at.millis()).unwrap_or(0));
    let at: SystemTime = UNIX_EPOCH + since_epoch;
    humantime::format_rfc3339_millis(at).to_string()
}
