//! What callers ask of jobs: take one, show it, call it off, tell what happens to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fourfold_domain::{AccountId, Credits, Effect, FileId, JobId, JobState, KeyId, Priority, Quote, Subject};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::media::NamedMedia;
use super::{Ended, Job, JobParts, JobView, RequestCancel, Submit, Submitted, Terms};
use crate::catalog::Offer;
use crate::credits::{Account, Owner};
use crate::error::private_address;
use crate::limits::Admission;
use crate::ports::{JobFilter, JobSignal};
use crate::routing::Wish;
use crate::{
    Idempotency, IdempotencyRecord, IdempotencyScope, Made, Refusal, ServiceError, StoreError, failpoint,
};

/// The longest request that is kept with a job.
const INPUT_BYTES_MAX: usize = 64 * 1024;

/// The longest metadata that is kept with a job.
const METADATA_BYTES_MAX: usize = 16 * 1024;

/// How often a listener looks again by itself, since signals may be lost.
pub(super) const LISTENER_LOOK_AGAIN: Duration = Duration::from_secs(2);

/// A request for a job.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who pays.
    pub subject: Subject,
    /// With which key.
    pub key: Option<KeyId>,
    /// The model's name.
    pub model: String,
    /// What to make.
    pub input: Map<String, Value>,
    /// The caller's own words.
    pub metadata: Option<Map<String, Value>>,
    /// Where its caller wants to be told of what happens to it.
    pub webhook_url: Option<String>,
    /// Refuses work that could cost more.
    pub max_credits: Option<Credits>,
    /// Which of the waiting go first.
    pub priority: Priority,
    /// The job that is tried again with this one.
    pub retry_of: Option<JobId>,
    /// What makes it idempotent.
    pub idempotency: Option<Idempotency>,
    /// What its caller may.
    pub admission: Admission,
}

/// Jobs, as callers see them.
#[derive(Clone)]
pub struct JobsService {
    pub(super) parts: JobParts,
}

/// Hears what happens to one job.
pub struct JobListener(watch::Receiver<Option<JobSignal>>);

impl JobsService {
    /// Over these parts.
    pub fn new(parts: JobParts) -> Self {
        Self { parts }
    }

    /// What a request could cost at most. Free, holds nothing and stores nothing.
    pub fn quote(&self, model: &str, mut input: Map<String, Value>) -> Result<Quote, ServiceError> {
        self.take_media(model, &mut input)?;
        Ok(self.offer(model, &input)?.quote)
    }

    /// A request that its model takes and that somebody can do, with its price.
    fn offer(&self, model: &str, input: &Map<String, Value>) -> Result<Offer, ServiceError> {
        let offer = self.parts.catalog.offer(model, input)?;
        let mut filled_in = offer.input.clone();
        filled_in.extend(offer.defaults.clone());
        self.parts.routing.check(&offer.model.route, Wish::typed(&filled_in, &offer.request))?;
        Ok(offer)
    }

    /// Takes a job: its hold, its row, its use of files and its idempotency key in one step; then it is lined up.
    /// Media that came in the request itself are stored first and become files in that step. The same idempotency
    /// key answers with the same job as it is now.
    pub async fn submit(&self, submission: Submission) -> Result<JobView, ServiceError> {
        Ok(self.submit_and_listen(submission).await?.0)
    }

    /// As [`JobsService::submit`], and listens to a new job from before it is lined up, so that a wait for it needs
    /// no look of its own first.
    pub async fn submit_and_listen(
        &self,
        submission: Submission,
    ) -> Result<(JobView, Option<JobListener>), ServiceError> {
        let scope =
            submission.idempotency.as_ref().map(|key| (key.scope(&submission.subject), key.fingerprint));
        let (mut step, mut media) = match self.step(submission) {
            Ok(prepared) => prepared,
            Err(refusal) => return Ok((self.earlier(scope, refusal).await?, None)),
        };
        let inline = std::mem::take(&mut media.inline);
        let incoming: Vec<FileId> = inline.iter().map(|file| file.id).collect();
        if !inline.is_empty() {
            if let Some(earlier) = self.before_storing(&step, scope.as_ref()).await? {
                return Ok((earlier, None));
            }
            step.new_files = self.parts.files.take_in(&step.subject, inline).await?;
        }
        let submitted = self.parts.store.submit(step).await;
        // What perhaps was taken needs its files.
        if !matches!(submitted, Ok(Submitted::New(_) | Submitted::Parked(_)) | Err(StoreError::Unknown(_))) {
            self.parts.files.discard(&incoming).await;
        }
        let submitted = submitted.map_err(|error| match error {
            StoreError::Refused(Refusal::NoFile(id)) => ServiceError::from(media.missing(id)),
            other => other.into(),
        })?;
        match submitted {
            Submitted::Earlier(Owner::Job(id)) => Ok((self.load(id).await?, None)),
            Submitted::Earlier(Owner::Call(_)) => Err(ServiceError::Refused(Refusal::IdempotencyMismatch)),
            Submitted::New(ref job) | Submitted::Parked(ref job) => {
                failpoint::reach("after_submit");
                metrics::counter!("fourfold_jobs_submitted_total", "model" => job.model.to_string())
                    .increment(1);
                metrics::counter!("fourfold_credits_held_micros_total", "model" => job.model.to_string())
                    .increment(job.held.micros().unsigned_abs());
                let listener = JobListener(self.parts.signals.listen(job.id));
                if matches!(submitted, Submitted::New(_)) {
                    self.parts.enqueue(job, Duration::ZERO).await;
                }
                let view = JobView { job: Job::clone(job), attempts: Vec::new(), artifacts: Vec::new() };
                Ok((view, Some(listener)))
            }
        }
    }

    /// What was taken once stays taken: a replay is answered even where the same request would be refused
    /// today.
    async fn earlier(
        &self,
        scope: Option<(IdempotencyScope, [u8; 32])>,
        refusal: ServiceError,
    ) -> Result<JobView, ServiceError> {
        let Some((scope, fingerprint)) = scope else { return Err(refusal) };
        match self.parts.store.idempotency(&scope).await? {
            Some(IdempotencyRecord { made: Made::Work(Owner::Job(id)), fingerprint: known, .. })
                if known == fingerprint =>
            {
                self.load(id).await
            }
            _ => Err(refusal),
        }
    }

    /// Looks whether the request was taken before, and whether it can be paid, so that nothing is stored for
    /// nothing. The step itself looks again.
    async fn before_storing(
        &self,
        step: &Submit,
        scope: Option<&(IdempotencyScope, [u8; 32])>,
    ) -> Result<Option<JobView>, ServiceError> {
        if let Some((scope, fingerprint)) = scope
            && let Some(record) = self.parts.store.idempotency(scope).await?
        {
            return match record.made {
                Made::Work(Owner::Job(id)) if record.fingerprint == *fingerprint => {
                    self.load(id).await.map(Some)
                }
                _ => Err(ServiceError::Refused(Refusal::IdempotencyMismatch)),
            };
        }
        let account = self.parts.store.account(&step.subject).await?;
        let available = account.map(|account| account.available).unwrap_or_default();
        if available < step.amount {
            let refusal = Refusal::InsufficientCredits { needed: step.amount, available };
            return Err(ServiceError::Refused(refusal));
        }
        Ok(None)
    }

    /// An account's own job.
    pub async fn job(&self, account: AccountId, id: JobId) -> Result<JobView, ServiceError> {
        let view = self.load(id).await?;
        if view.job.account == account { Ok(view) } else { Err(ServiceError::NotFound("job")) }
    }

    /// An account's jobs, the newest first, older than `before`.
    pub async fn jobs(
        &self,
        account: AccountId,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, ServiceError> {
        Ok(self.parts.store.jobs(account, before, limit).await?)
    }

    /// Whether the queue can be reached, else what is missing.
    pub async fn queue_health(&self) -> Result<(), String> {
        self.parts.queue.health().await
    }

    /// Calls an account's own job off. One that nobody works on ends at once; of one under way the vendor is
    /// asked. Again gives the same.
    pub async fn cancel(&self, account: AccountId, id: JobId) -> Result<JobView, ServiceError> {
        let account_max = self.parts.settings.account_max;
        let step = RequestCancel { job: id, account, account_max };
        self.called_off(self.parts.store.request_cancel(step).await?).await;
        self.load(id).await
    }

    /// Tells whoever is to know that a job was called off.
    pub(super) async fn called_off(&self, Ended { job, promoted }: Ended) {
        self.parts.line_up(promoted).await;
        if job.state.is_final() {
            self.parts.ended(&job, None);
        } else {
            self.parts.announce(&job);
            self.parts.enqueue(&job, Duration::ZERO).await;
        }
    }

    /// Tries a job again that ended without a result: a new job for the same account with the same request, at the
    /// terms and the price of now. Refused with [`Refusal::NotRetryable`] where the job isn't final or succeeded.
    pub async fn retry(&self, id: JobId, idempotency: Option<Idempotency>) -> Result<JobView, ServiceError> {
        let job = self.load(id).await?.job;
        if !job.state.is_final() || job.state == JobState::Succeeded {
            return Err(ServiceError::Refused(Refusal::NotRetryable(job.state)));
        }
        let account = self.parts.store.account_of(job.account).await?;
        let account = account.ok_or(ServiceError::NotFound("account"))?;
        let submission = Submission {
            subject: account.subject,
            key: job.key,
            model: job.model.to_string(),
            input: written_object(&job.input)?,
            metadata: job.metadata.as_deref().map(written_object).transpose()?,
            webhook_url: job.webhook_url.as_ref().map(|url| url.as_str().to_owned()),
            max_credits: None,
            priority: job.priority,
            retry_of: Some(id),
            idempotency,
            admission: Admission::unlimited(),
        };
        let view = self.submit(submission).await?;
        tracing::info!(job.id = %view.job.id, retry_of = %id, "a job is tried again");
        Ok(view)
    }

    /// Jobs of every account, each with its account, the newest first, older than `before`. For operators.
    pub async fn find(
        &self,
        filter: JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<(Account, JobView)>, ServiceError> {
        Ok(self.parts.store.find_jobs(filter, before, limit).await?)
    }

    /// A job of any account, with its account. For operators.
    pub async fn any(&self, id: JobId) -> Result<(Account, JobView), ServiceError> {
        let view = self.load(id).await?;
        let account = self.parts.store.account_of(view.job.account).await?;
        Ok((account.ok_or(ServiceError::NotFound("account"))?, view))
    }

    /// The job once it is final, or as it is after `patience`.
    pub async fn wait(&self, id: JobId, patience: Duration) -> Result<JobView, ServiceError> {
        self.wait_by(id, None, patience).await
    }

    /// The same by a listener that was there before anything could happen, which saves the first look.
    pub async fn wait_by(
        &self,
        id: JobId,
        listener: Option<JobListener>,
        patience: Duration,
    ) -> Result<JobView, ServiceError> {
        let until = Instant::now() + patience;
        let mut look = listener.is_none();
        let mut listener =
            listener.map_or_else(|| self.parts.signals.listen(id), |JobListener(signals)| signals);
        loop {
            if look {
                let view = self.load(id).await?;
                if view.job.state.is_final() || Instant::now() >= until {
                    return Ok(view);
                }
            }
            look = true;
            let look_again = until.min(Instant::now() + LISTENER_LOOK_AGAIN);
            let is_final = |signal: &Option<JobSignal>| signal.is_some_and(|signal| signal.state.is_final());
            // Whether it was the signal or the time: the next look tells. A sender that is gone is looked
            // past in the same way.
            let woken = tokio::time::timeout_at(look_again, listener.wait_for(is_final)).await;
            let gone = matches!(woken, Ok(Err(_)));
            drop(woken);
            if gone {
                tokio::time::sleep_until(look_again).await;
            }
        }
    }

    pub(super) async fn load(&self, id: JobId) -> Result<JobView, ServiceError> {
        self.parts.store.job(id).await?.ok_or(ServiceError::NotFound("job"))
    }

    /// Takes the data URIs out of an `input`, before anything else is done with it: what is left is small. Refuses
    /// addresses that aren't of the public internet.
    fn take_media(&self, model: &str, input: &mut Map<String, Value>) -> Result<NamedMedia, ServiceError> {
        let catalog = self.parts.catalog.current();
        let media = NamedMedia::take(&catalog.model(model)?.parameters, input);
        match media.urls.iter().find(|(_, url)| !self.parts.media.may_fetch(url)) {
            Some((field, _)) => Err(private_address(field.clone()).into()),
            None => Ok(media),
        }
    }

    /// Everything that is checked before the step.
    fn step(&self, mut submission: Submission) -> Result<(Submit, NamedMedia), ServiceError> {
        if !self.parts.has_room.load(Ordering::Relaxed) {
            return Err(ServiceError::StorageFull(
                "the store has less room than artifacts.free_bytes_min".into(),
            ));
        }
        submission.admission.check_model(&submission.model)?;
        let media = self.take_media(&submission.model, &mut submission.input)?;
        let offer = self.offer(&submission.model, &submission.input)?;
        let input = Value::Object(offer.input).to_string();
        if input.len() > INPUT_BYTES_MAX {
            return Err(ServiceError::TooLarge { what: "input".into(), bytes_max: INPUT_BYTES_MAX as u64 });
        }
        let metadata = submission.metadata.map(|metadata| Value::Object(metadata).to_string());
        if metadata.as_ref().is_some_and(|metadata| metadata.len() > METADATA_BYTES_MAX) {
            return Err(ServiceError::TooLarge {
                what: "metadata".into(),
                bytes_max: METADATA_BYTES_MAX as u64,
            });
        }
        let webhook_url =
            submission.webhook_url.as_deref().map(|url| self.parts.outbox.url(url)).transpose()?;
        if let Some(max) = submission.max_credits
            && offer.quote.credits > max
        {
            return Err(ServiceError::MaxCreditsExceeded { price: offer.quote.credits, max });
        }
        let model = offer.model;
        let step = Submit {
            id: JobId::new(Uuid::now_v7()),
            subject: submission.subject,
            key: submission.key,
            model: model.name.clone(),
            modality: model.modality,
            input: input.into(),
            files: media.files.clone(),
            new_files: Vec::new(),
            terms: Terms {
                attempts_max: model.attempts_max,
                on_cancel: model.on_cancel,
                on_uncertain: model.on_uncertain,
                dropped: offer.dropped,
                defaults: offer.defaults,
            },
            metadata: metadata.map(Into::into),
            webhook_url,
            priority: submission.priority,
            amount: offer.quote.credits,
            price: model.price.clone(),
            deadline: model.deadline,
            retry_of: submission.retry_of,
            account_max: self.parts.settings.account_max,
            idempotency: submission.idempotency,
        };
        Ok((step, media))
    }
}

/// What was written down as a JSON object.
fn written_object(text: &str) -> Result<Map<String, Value>, ServiceError> {
    serde_json::from_str(text).map_err(|error| ServiceError::Internal {
        what: "what was stored of a job can't be read",
        effect: Effect::NotStarted,
        source: error.into(),
    })
}
