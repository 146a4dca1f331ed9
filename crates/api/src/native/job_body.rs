//! A job as callers see it.

use fourfold_service::artifacts::ArtifactsService;
use fourfold_service::jobs::{Artifact, Attempt, Job, JobError, JobView};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{AppState, rfc3339};

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
    /// Parameters of the request that were dropped, since the model doesn't have them and its operator allows
    /// that; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<String>,
    /// A small text result.
    #[schema(value_type = Option<Value>)]
    output: Option<Box<RawValue>>,
    artifacts: Vec<ArtifactBody>,
    /// Why it failed, or what is missing from it.
    error: Option<JobErrorBody>,
    credits: JobCredits,
    /// The job that was tried again with this one; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<String>,
    /// The caller's own words.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
}

/// One try at one vendor.
#[derive(Serialize, ToSchema)]
struct AttemptBody {
    number: u32,
    provider: String,
    /// begun, taken, succeeded, failed, not_sent, uncertain, cancelled or lost.
    state: &'static str,
    error: Option<JobErrorBody>,
    /// What the vendor says beside its results: its request id, seeds, finish reasons, verdicts, usage.
    #[schema(value_type = Object)]
    vendor: Map<String, Value>,
}

/// One stored result.
#[derive(Serialize, ToSchema)]
struct ArtifactBody {
    index: u32,
    media_type: String,
    size_bytes: u64,
    sha256: String,
    /// Reads the result without a key, for a while. Left out once the result is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// When the result was removed, since it had been kept for as long as results are; left out while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<String>,
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
    /// What was set aside for it at its submission: the most that it can cost. It stays as it was once the job has
    /// ended, though nothing is held any more.
    held: String,
    /// What it was charged; 0 until it has ended.
    charged: String,
}

impl JobBody {
    /// With its input.
    pub(crate) fn new(view: &JobView, state: &AppState) -> Self {
        Self { input: raw(Some(&view.job.input)), ..Self::without_input(view, state) }
    }

    pub(crate) fn without_input(view: &JobView, state: &AppState) -> Self {
        Self::linked(view, &state.public_url, &state.artifacts)
    }

    /// Without its input, with links below this address.
    pub(super) fn linked(view: &JobView, public_url: &str, artifacts: &ArtifactsService) -> Self {
        let Job { id, model, .. } = &view.job;
        let artifact = |artifact: &Artifact| ArtifactBody {
            index: artifact.index,
            media_type: artifact.object.media_type.clone(),
            size_bytes: artifact.object.size_bytes,
            sha256: artifact.object.sha256.clone(),
            url: match artifact.removed_at {
                Some(_) => None,
                None => Some(link(public_url, artifacts, artifact)),
            },
            removed_at: artifact.removed_at.map(rfc3339::write),
        };
        Self {
            id: id.to_string(),
            object: "job",
            model: model.to_string(),
            state: view.job.state.as_str(),
            progress: view.job.progress,
            created_at: rfc3339::write(view.job.created_at),
            updated_at: rfc3339::write(view.job.updated_at),
            attempts: view.attempts.iter().map(attempt).collect(),
            input: None,
            dropped: view.job.terms.dropped.clone(),
            output: raw(view.job.output.as_deref()),
            artifacts: view.artifacts.iter().map(artifact).collect(),
            error: view.job.error.as_ref().map(job_error),
            credits: JobCredits { held: view.job.held.to_string(), charged: view.job.charged.to_string() },
            retry_of: view.job.retry_of.map(|job| job.to_string()),
            metadata: raw(view.job.metadata.as_deref()),
        }
    }
}

/// The address by which anybody can read a result for a while.
pub(crate) fn link(public_url: &str, artifacts: &ArtifactsService, artifact: &Artifact) -> String {
    format!("{public_url}/files/{}", artifacts.sign(artifact.job, artifact.index))
}

fn attempt(attempt: &Attempt) -> AttemptBody {
    AttemptBody {
        number: attempt.number,
        provider: attempt.provider.to_string(),
        state: attempt.state.as_str(),
        error: attempt.error.as_ref().map(job_error),
        vendor: attempt.vendor.clone(),
    }
}

fn job_error(error: &JobError) -> JobErrorBody {
    JobErrorBody { code: error.code.clone(), message: error.message.clone() }
}

/// JSON text as it is. What can't be read is left out; it was written by us.
fn raw(text: Option<&str>) -> Option<Box<RawValue>> {
    text.and_then(|text| RawValue::from_string(text.to_owned()).ok())
}
