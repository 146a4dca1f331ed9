//! What is kept of a job.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{
    AccountId, Credits, Effect, EventId, FileId, HoldId, InstanceId, JobId, JobState, KeyId, Modality,
    ModelName, OnCancel, OnUncertain, OutputSource, Price, Priority, ProviderKey, Quantity, UpstreamTask,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Timestamp;
use crate::credits::Owner;
use crate::named::named;
use crate::webhooks::WebhookUrl;

/// One durable asynchronous generation.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Who pays.
    pub account: AccountId,
    /// With which key.
    pub key: Option<KeyId>,
    /// Which model serves it.
    pub model: ModelName,
    /// What it makes.
    pub modality: Modality,
    /// The whole request, as JSON text. Never changes.
    pub input: Arc<str>,
    /// The files that the request names, each once. They are there at least until the job is final.
    pub files: Arc<[FileId]>,
    /// What the catalog said when it was submitted; a reload doesn't touch jobs under way.
    pub terms: Terms,
    /// The caller's own words, as JSON text.
    pub metadata: Option<Arc<str>>,
    /// Who is told of its events; forgotten with its deliveries.
    pub webhook_url: Option<WebhookUrl>,
    /// Where it stands.
    pub state: JobState,
    /// Rises by one with each change of state.
    pub version: u32,
    /// Which of the waiting go first.
    pub priority: Priority,
    /// How far it is, 0 to 100, where the vendor tells.
    pub progress: Option<u8>,
    /// How many attempts were begun.
    pub attempts: u32,
    /// Its hold.
    pub hold: HoldId,
    /// The amount of its hold.
    pub held: Credits,
    /// What it was charged.
    pub charged: Credits,
    /// Why it failed, or what is missing from it.
    pub error: Option<JobError>,
    /// A small text result, as JSON text.
    pub output: Option<Arc<str>>,
    /// Its caller wants it called off.
    pub cancel_requested: bool,
    /// Whether its owner has deleted it.
    pub deletion: Deletion,
    /// The job that was tried again with this one.
    pub retry_of: Option<JobId>,
    /// When it ends as expired.
    pub deadline_at: Timestamp,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

/// What became of a job by its owner's wish.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Deletion {
    /// It is there.
    #[default]
    Kept,
    /// It isn't listed any more, and its results are still to be removed.
    Leaving,
    /// Nothing is left of its results.
    Gone,
}

named!(
    Deletion,
    "deletion of a job",
    "one of kept, leaving, gone",
    Kept = "kept",
    Leaving = "leaving",
    Gone = "gone"
);

/// The rules of the catalog that a job was submitted under.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// How many times paid work may be tried in all.
    pub attempts_max: u32,
    /// What a cancel costs after the vendor was asked.
    pub on_cancel: OnCancel,
    /// What becomes of an attempt of which nobody knows.
    pub on_uncertain: OnUncertain,
    /// The parameters that were dropped, since the model doesn't have them and its operator allows that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// What held then for the parameters that were left out; it was priced with them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub defaults: Map<String, Value>,
}

/// Why a job or an attempt failed, in words fit for the caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JobError {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl JobError {
    /// An error from its two parts.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// When a job is to be looked at next, and who does so now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// Which job.
    pub job: JobId,
    /// Whose.
    pub account: AccountId,
    /// Not before this moment.
    pub next_at: Timestamp,
    /// Which of the waiting go first.
    pub priority: Priority,
    /// It waits for another of its account's jobs to end, and is due at its deadline only.
    pub parked: bool,
    /// The job is final; until this moment its vendor is asked what became of the task.
    pub late_until: Option<Timestamp>,
    /// Until when somebody has a right to it.
    pub lease_until: Option<Timestamp>,
    /// Who.
    pub leased_by: Option<InstanceId>,
    /// Rises by one with each lease, so that an old lease is known as such.
    pub token: u64,
    /// Polls in a row that failed.
    pub failed_polls: u32,
    /// When the job's progress was last written.
    pub progress_at: Option<Timestamp>,
}

/// A worker's right to a job until a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Which job.
    pub job: JobId,
    /// Which of its leases.
    pub token: u64,
}

/// One try at one vendor with one credential.
#[derive(Clone, PartialEq, Debug)]
pub struct Attempt {
    /// Whose.
    pub owner: Owner,
    /// Which of the owner's, from 1.
    pub number: u32,
    /// At which provider.
    pub provider: ProviderKey,
    /// The vendor's name of the model.
    pub vendor_model: String,
    /// The name of the credential, never the credential.
    pub credential: String,
    /// Where it stands.
    pub state: AttemptState,
    /// Whether paid work may exist.
    pub effect: Effect,
    /// What the vendor gave us to go on with.
    pub upstream: Option<Upstream>,
    /// Why it failed.
    pub error: Option<JobError>,
    /// The vendor's own facts.
    pub vendor: Map<String, Value>,
    /// What the vendor charges the operator, as it was when the attempt began and where it is known.
    pub cost_price: Option<Price>,
    /// What that comes to: the most that it can be, until it is known better.
    pub cost: Option<Credits>,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Attempt {
    /// What it delivered, as it is priced, as far as that was recorded.
    pub(crate) fn delivered(&self) -> Option<&[Quantity]> {
        match self.upstream.as_ref()? {
            Upstream::Task(_) => None,
            Upstream::Outputs(delivery) => Some(&delivery.quantities),
            Upstream::Objects(delivery) => Some(&delivery.quantities),
        }
    }
}

/// Where an attempt stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttemptState {
    /// The vendor is about to be asked, or was, and hasn't answered yet.
    Begun,
    /// The vendor took it.
    Taken,
    /// It delivered.
    Succeeded,
    /// It failed.
    Failed,
    /// It was never sent.
    NotSent,
    /// Nobody can tell whether the vendor took it.
    Uncertain,
    /// It was called off.
    Cancelled,
    /// It delivered, and its job or call got nothing of that: it came too late, it couldn't be read, or there was no
    /// room. The operator bears its cost.
    Lost,
}

named!(
    AttemptState,
    "state of an attempt",
    "one of begun, taken, succeeded, failed, not_sent, uncertain, cancelled, lost",
    Begun = "begun",
    Taken = "taken",
    Succeeded = "succeeded",
    Failed = "failed",
    NotSent = "not_sent",
    Uncertain = "uncertain",
    Cancelled = "cancelled",
    Lost = "lost"
);

/// What the vendor gave us to go on with. A task and places are recorded before anything is done with them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// A task to be polled.
    Task(UpstreamTask),
    /// Where its results can be fetched.
    Outputs(Delivery<OutputPlace>),
    /// Its results, stored already since they came at once.
    Objects(Delivery<StoredObject>),
}

/// Results, and what they come to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Delivery<T> {
    /// The results in order.
    pub items: Vec<T>,
    /// What was delivered, as it is priced.
    pub quantities: Vec<Quantity>,
    /// Why fewer came than were asked for.
    pub missing: Option<String>,
}

/// Where one result can be fetched.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutputPlace {
    /// Its media type.
    pub media_type: String,
    /// Its address or its id at the vendor.
    pub source: OutputSource,
}

/// One result in our store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredObject {
    /// Its key in the store: `{account uuid}/{job}/{n}.{ext}`.
    pub key: String,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

/// One stored result of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Artifact {
    /// Of which job.
    pub job: JobId,
    /// Which of its results, from 0.
    pub index: u32,
    /// Where it is.
    pub object: StoredObject,
    /// When its object was removed, since it had been kept for as long as results of its model are.
    pub removed_at: Option<Timestamp>,
}

/// One change of a job's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobEvent {
    /// Its id, the same in every delivery.
    pub id: EventId,
    /// Of which job.
    pub job: JobId,
    /// The job's version after the change.
    pub version: u32,
    /// The job's state after the change.
    pub state: JobState,
    /// When.
    pub created_at: Timestamp,
}

/// A job with all that belongs to it, as a caller sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// Its attempts, the first first.
    pub attempts: Vec<Attempt>,
    /// Its results in order.
    pub artifacts: Vec<Artifact>,
}

impl JobView {
    /// The job as it was right after `event`, so that a listener who comes late sees each state as those
    /// who were there did.
    #[must_use]
    pub fn at(&self, event: &JobEvent) -> Self {
        let mut view = self.clone();
        if event.version == view.job.version {
            return view;
        }
        (view.job.state, view.job.version, view.job.updated_at) =
            (event.state, event.version, event.created_at);
        (view.job.error, view.job.output, view.job.charged) = (None, None, Credits::ZERO);
        view.job.progress = view.job.progress.filter(|_| event.state == JobState::Running);
        view.artifacts.clear();
        view.take_attempts_back(event);
        view
    }

    /// Leaves the attempts that there were right after `event`, the latest as it was then.
    fn take_attempts_back(&mut self, event: &JobEvent) {
        let then = event.created_at;
        let open = match event.state {
            JobState::Starting => Some(AttemptState::Begun),
            JobState::Running | JobState::Storing => Some(AttemptState::Taken),
            _ => None,
        };
        self.attempts.retain(|attempt| match open {
            Some(_) => attempt.begun_at <= then,
            // Between two attempts; before the first there are none, however fast it came.
            None => event.version > 1 && attempt.ended_at.is_some_and(|ended_at| ended_at <= then),
        });
        if let (Some(state), Some(latest)) = (open, self.attempts.last_mut()) {
            (latest.state, latest.error, latest.ended_at) = (state, None, None);
        }
    }
}

/// How long after one another polls that fail are tried again.
pub(crate) fn poll_backoff(failed_polls: u32) -> Duration {
    Duration::from_secs(1 << failed_polls.min(6)).min(Duration::from_secs(60))
}
