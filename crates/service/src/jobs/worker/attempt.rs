//! One try at one vendor.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fourfold_domain::{
    AttemptContext, Credits, Effect, GenerationResult, Output, OutputSource, Outputs, Provider,
    ProviderError, Quantity, Reason, Request, Started,
};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{AttemptState, Ending, JobError, JobWorker, Upstream, Working};
use crate::jobs::outcome::{is_filtered, is_of_the_choice};
use crate::jobs::{BeginAttempt, Job, NextAttempt, RecordUpstream};
use crate::routing::{Asked, Candidate, Candidates, Turn, Wish, spread};
use crate::{Refusal, StoreError, failpoint};

/// How long a job waits at most before it looks again where a credential is set aside, since an operator may have mended
/// it.
const LOOK_FOR_MENDED: Duration = Duration::from_secs(30);

/// All that an attempt is chosen from.
struct Prepared {
    candidates: Candidates,
    request: Request,
    /// The most that the request can come to.
    quantities: Vec<Quantity>,
}

impl JobWorker {
    /// Asks the next provider of the route. Between the record of the attempt and the record of the answer
    /// nobody can tell what happened; everything else is told by the database.
    pub(super) async fn attempt(&self, working: &Working) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        if !self.parts.has_room.load(Ordering::Relaxed) {
            // A result that finds no room would be paid for and lost.
            return self.poll_failed(working, "there is no room for results").await;
        }
        let Prepared { candidates, request, quantities } = match self.prepare(working) {
            Ok(prepared) => prepared,
            Err(error) => {
                let ending = Ending::failed(error, AttemptState::NotSent, None);
                return self.finish(working, ending).await;
            }
        };
        let asked = working.claimed.attempt.as_ref().map(|attempt| Asked {
            provider: &attempt.provider,
            vendor_model: &attempt.vendor_model,
            credential: &attempt.credential,
            is_refused: attempt.state == AttemptState::Failed && attempt.effect == Effect::NotStarted,
            is_of_the_choice: attempt.error.as_ref().is_some_and(|error| is_of_the_choice(&error.code)),
        });
        let candidate = match candidates.turn(asked) {
            Turn::Ask(candidate) => candidate,
            Turn::Wait(wait) => {
                let lasts = if wait.may_be_mended { wait.lasts.min(LOOK_FOR_MENDED) } else { wait.lasts };
                let wait = spread(lasts, job.id.uuid());
                tracing::debug!(job.id = %job.id, wait_ms = super::millis(wait), "nobody who serves a job can be asked yet");
                return self.reschedule(working, wait, None, 0).await;
            }
            Turn::Nobody(why) => {
                let error = JobError::new("unavailable", why);
                return self.finish(working, Ending::failed(error, AttemptState::NotSent, None)).await;
            }
        };
        let begin = BeginAttempt {
            lease: working.claimed.lease,
            provider: candidate.choice.provider.clone(),
            vendor_model: candidate.choice.vendor_model.clone(),
            credential: candidate.credential.to_string(),
            cost_price: candidate.choice.cost.clone(),
            cost: candidate
                .choice
                .cost
                .as_ref()
                .and_then(|cost| cost.quote_max(&quantities).ok())
                .map(|it| it.credits),
        };
        let number = match self.parts.store.begin_attempt(begin).await {
            Ok(number) => number,
            Err(StoreError::Refused(Refusal::CancelRequested)) => return self.cancel_unbegun(working).await,
            Err(error) => return Err(error),
        };
        failpoint::reach("after_begin_attempt");
        self.parts.ring_for(job);
        let job = Job { attempts: number, ..job.clone() };
        if working.held.left() < self.parts.settings.send_margin {
            return self.not_sent(working, &job).await;
        }
        let patience = working.patience();
        let context = AttemptContext {
            owner: job.id.to_string(),
            number,
            vendor_model: candidate.choice.vendor_model.clone(),
            media: self.parts.media.of(job.account),
        };
        let asked = ask(candidate.provider.as_ref(), request, context);
        let started = timeout(patience, asked).await.unwrap_or_else(|_late| {
            let message = "the vendor didn't answer before the job's deadline";
            Err(ProviderError::new(Reason::Timeout, Effect::MayHaveStarted, message))
        });
        failpoint::reach("after_vendor_accept");
        let Candidate { choice, credential, provider, .. } = &candidate;
        self.parts.routing.learn(&choice.provider, credential, started.as_ref().err());
        match started {
            Ok(Started::Done(outputs)) => self.deliver(working, &job, provider.as_ref(), outputs).await,
            Ok(Started::Task(mut task)) => {
                task.poll_after = task.poll_after.min(self.parts.settings.poll_max);
                let poll_after = task.poll_after;
                let upstream = Upstream::Task(task);
                let step = RecordUpstream { lease: working.claimed.lease, upstream, vendor: Map::new() };
                let job = self.parts.store.record_upstream(step).await?;
                failpoint::reach("after_record");
                self.parts.announce(&job);
                self.enqueue(working, &job, poll_after).await;
                Ok(())
            }
            Err(failure) => {
                let elsewhere = candidates.elsewhere(Asked {
                    provider: &choice.provider,
                    vendor_model: &choice.vendor_model,
                    credential,
                    is_refused: true,
                    is_of_the_choice: false,
                });
                self.after_failure(working, &job, &failure, elsewhere).await
            }
        }
    }

    /// Who could be asked, and for what.
    fn prepare(&self, working: &Working) -> Result<Prepared, JobError> {
        let job = &working.claimed.job;
        let catalog = self.parts.catalog.current();
        let gone = || JobError::new("unavailable", "the model is no longer in the catalog");
        let model = catalog.model_of_job(&job.model).ok_or_else(gone)?;
        let invalid = |error: &dyn std::error::Error| JobError::new("invalid_request", error.to_string());
        let mut input: Map<String, Value> =
            serde_json::from_str(&job.input).map_err(|error| invalid(&error))?;
        // As it was priced, whatever the catalog says by now.
        input.extend(job.terms.defaults.clone());
        let request = Request::parse(job.modality, input.clone()).map_err(|error| invalid(&error))?;
        let candidates =
            self.parts.routing.candidates(&model.route, job.id.uuid(), Wish::typed(&input, &request));
        let quantities = request.quantities_max(&model.token_ceilings);
        Ok(Prepared { candidates, request, quantities })
    }

    /// Too little of the lease is left to ask a vendor: another worker might ask it too.
    async fn not_sent(&self, working: &Working, job: &Job) -> Result<(), StoreError> {
        let step = NextAttempt {
            lease: working.claimed.lease,
            state: AttemptState::NotSent,
            effect: Effect::NotStarted,
            error: JobError::new("not_sent", "too little of the lease was left"),
            vendor: Map::new(),
            after: Duration::ZERO,
        };
        let queued = self.parts.store.next_attempt(step).await?;
        tracing::warn!(job.id = %job.id, attempt = job.attempts, "too little of a lease was left to ask the vendor");
        self.parts.announce(&queued);
        self.enqueue(working, &queued, Duration::ZERO).await;
        Ok(())
    }

    /// What the results come to, at the price that was frozen on the hold.
    pub(super) fn used(&self, working: &Working, quantities: &[Quantity]) -> Credits {
        let held = working.claimed.job.held;
        if quantities.is_empty() {
            return held;
        }
        working.claimed.price.quote(quantities).map_or_else(
            |error| {
                tracing::error!(job.id = %working.claimed.job.id, error = &error as &dyn std::error::Error,
                    "what a vendor delivered has no price; the whole hold is charged");
                held
            },
            |quote| quote.credits,
        )
    }
}

async fn ask(
    provider: &dyn Provider,
    request: Request,
    context: AttemptContext,
) -> Result<Started, ProviderError> {
    let asked_at = tokio::time::Instant::now();
    let started = match request {
        Request::Media(request) => match provider.media() {
            Some(media) => media.start(request, context).await,
            None => Err(unsupported("the provider makes no media")),
        },
        Request::Generation(request) => match provider.generator() {
            Some(generator) => generator.generate(request, context).await.and_then(written),
            None => Err(unsupported("the provider makes no text")),
        },
    };
    metrics::histogram!("fourfold_vendor_call_seconds", "provider" => provider.key().to_string(), "call" => "start")
        .record(asked_at.elapsed());
    started
}

/// A text as the result of a job: what the model said, as JSON.
fn written(result: GenerationResult) -> Result<Started, ProviderError> {
    if let GenerationResult::Chat(chat) = &result
        && !chat.answers.is_empty()
        && chat.answers.iter().all(is_filtered)
    {
        let words = chat.answers.iter().find_map(|answer| answer.refusal.clone());
        let message = words.unwrap_or_else(|| "the vendor refuses this content".to_owned());
        let vendor = chat.vendor.clone();
        return Err(ProviderError {
            vendor,
            ..ProviderError::new(Reason::Refused, Effect::Started, message)
        });
    }
    let json = match &result {
        GenerationResult::Chat(chat) => serde_json::to_vec(chat),
        GenerationResult::Embedding(embedding) => serde_json::to_vec(embedding),
    };
    let json = json.map_err(|error| ProviderError {
        source: Some(error.into()),
        ..ProviderError::new(Reason::Failed, Effect::Started, "the vendor's answer can't be written as JSON")
    })?;
    let output =
        Output { media_type: "application/json".to_owned(), source: OutputSource::Bytes(json.into()) };
    let (quantities, vendor) = (result.usage().quantities(), result.vendor().clone());
    Ok(Started::Done(Outputs { items: vec![output], quantities, missing: None, vendor }))
}

fn unsupported(message: &str) -> ProviderError {
    ProviderError::new(Reason::Unsupported, Effect::NotStarted, message)
}
