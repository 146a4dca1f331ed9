//! One try at one vendor.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fourfold_domain::{
    AttemptContext, Credits, Effect, GenerationResult, Output, OutputSource, Outputs, Parameter, Provider,
    ProviderError, Reason, Request, RouteChoice, Started,
};
use serde_json::Map;
use tokio::time::timeout;

use super::{AttemptState, Ending, JobError, JobWorker, Upstream, Working};
use crate::jobs::{BeginAttempt, Claimed, Job, NextAttempt, RecordUpstream};
use crate::{Refusal, StoreError, failpoint};

impl JobWorker {
    /// Asks the next provider of the route. Between the record of the attempt and the record of the answer
    /// nobody can tell what happened; everything else is told by the database.
    pub(super) async fn attempt(&self, working: &Working) -> Result<(), StoreError> {
        let job = &working.claimed.job;
        if !self.parts.has_room.load(Ordering::Relaxed) {
            // A result that finds no room would be paid for and lost.
            return self.poll_failed(working, "there is no room for results").await;
        }
        let (choice, provider, request) = match self.prepare(working) {
            Ok(prepared) => prepared,
            Err(error) => {
                let ending = Ending::Failed { error, attempt: AttemptState::NotSent, effect: None };
                return self.finish(working, ending).await;
            }
        };
        let begin = BeginAttempt {
            lease: working.claimed.lease,
            provider: choice.provider.clone(),
            vendor_model: choice.vendor_model.clone(),
            credential: "default".to_owned(),
        };
        let number = match self.parts.store.begin_attempt(begin).await {
            Ok(number) => number,
            Err(StoreError::Refused(Refusal::CancelRequested)) => return self.cancel_unbegun(working).await,
            Err(error) => return Err(error),
        };
        failpoint::reach("after_begin_attempt");
        let job = Job { attempts: number, ..job.clone() };
        if working.held.left() < self.parts.settings.send_margin {
            return self.not_sent(working, &job).await;
        }
        let patience = job.deadline_at.since(self.parts.clock.now());
        let context = AttemptContext {
            owner: job.id.to_string(),
            number,
            vendor_model: choice.vendor_model.clone(),
            media: self.parts.media.of(job.account),
        };
        let asked = ask(provider.as_ref(), request, context);
        let started = timeout(patience, asked).await.unwrap_or_else(|_late| {
            let message = "the vendor didn't answer before the job's deadline";
            Err(ProviderError::new(Reason::Timeout, Effect::MayHaveStarted, message))
        });
        failpoint::reach("after_vendor_accept");
        match started {
            Ok(Started::Done(outputs)) => self.deliver(working, &job, provider.as_ref(), outputs).await,
            Ok(Started::Task(task)) => {
                let poll_after = task.poll_after;
                let upstream = Upstream::Task(task);
                let step = RecordUpstream { lease: working.claimed.lease, upstream, vendor: Map::new() };
                let job = self.parts.store.record_upstream(step).await?;
                failpoint::reach("after_record");
                self.parts.announce(&job);
                self.enqueue(working, &job, poll_after).await;
                Ok(())
            }
            Err(failure) => self.after_failure(working, &job, &failure).await,
        }
    }

    /// Who is asked, and for what. The route's next choice only where the last one is known not to have
    /// begun; choices whose provider is off, and those that can't do the request, are passed over.
    fn prepare(&self, working: &Working) -> Result<(RouteChoice, Arc<dyn Provider>, Request), JobError> {
        let Claimed { job, attempt, .. } = &working.claimed;
        let catalog = self.parts.catalog.current();
        let model = catalog.model(job.model.as_str());
        let model =
            model.map_err(|_| JobError::new("unavailable", "the model is no longer in the catalog"))?;
        let first = attempt.as_ref().map_or(0, |attempt| {
            let asked = model.route.choices().position(|choice| {
                choice.provider == attempt.provider && choice.vendor_model == attempt.vendor_model
            });
            let failed = attempt.state == AttemptState::Failed && attempt.effect == Effect::NotStarted;
            asked.map_or(0, |asked| asked + usize::from(failed))
        });
        let first = first % model.route.choices().count();
        let invalid = |error: &dyn std::error::Error| JobError::new("invalid_request", error.to_string());
        let mut input = serde_json::from_str(&job.input).map_err(|error| invalid(&error))?;
        Parameter::fill_in(&model.parameters, &mut input);
        let request = Request::parse(job.modality, input.clone()).map_err(|error| invalid(&error))?;
        let in_turn = model.route.choices().skip(first).chain(model.route.choices().take(first));
        let mut on = in_turn.filter_map(|choice| Some((choice, self.provider(&choice.provider)?))).filter(
            |(choice, provider)| {
                Parameter::check_all(&choice.parameters, &input).is_ok()
                    && provider.check(&choice.vendor_model, &request).is_ok()
            },
        );
        match on.next() {
            Some((choice, provider)) => Ok((choice.clone(), provider, request)),
            None => {
                let message = "every provider of the model is off, or can't do what is asked";
                Err(JobError::new("unavailable", message))
            }
        }
    }

    /// Too little of the lease is left to ask a vendor: another worker might ask it too.
    async fn not_sent(&self, working: &Working, job: &Job) -> Result<(), StoreError> {
        let step = NextAttempt {
            lease: working.claimed.lease,
            state: AttemptState::NotSent,
            effect: Effect::NotStarted,
            error: JobError::new("not_sent", "too little of the lease was left"),
            after: Duration::ZERO,
        };
        let queued = self.parts.store.next_attempt(step).await?;
        tracing::warn!(job.id = %job.id, attempt = job.attempts, "too little of a lease was left to ask the vendor");
        self.parts.announce(&queued);
        self.enqueue(working, &queued, Duration::ZERO).await;
        Ok(())
    }

    /// What the results come to, at the price that was frozen on the hold.
    pub(super) fn used(&self, working: &Working, quantities: &[fourfold_domain::Quantity]) -> Credits {
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
