//! The loop that acts on retries: try, look at the failure, ask the policy, wait, try again.

use std::time::Duration;

use tokio::time::Instant;

use super::call::Call;
use super::collect::collect;
use super::error::{ClientError, Effect, with_causes};
use super::hops::{Answer, Try};
use super::observe::Observation;
use super::redact::Redacted;
use super::response::{Response, StreamResponse};
use super::retry::{FailedTry, RetryDecision};
use super::timeout::Timeouts;

/// Sends a call and reads its answer whole.
pub(crate) async fn whole(mut call: Call<'_>) -> Result<Response, ClientError> {
    let url = call.take_url()?;
    let timeouts = call.limits(call.client.shared.settings.timeouts.whole());
    let bytes_max = call.client.shared.settings.answer_bytes_max;
    let mut sending = Sending::new(call, url, timeouts, false);
    let mut received_bytes = 0;
    let outcome = loop {
        let failed = match sending.try_once().await {
            Ok(mut answer) => match collect(&mut answer.body, bytes_max).await {
                Ok(body) => {
                    received_bytes = body.len() as u64;
                    break Ok(Response { status: answer.status, headers: answer.headers, body });
                }
                Err(failed) => failed.with_status(answer.status),
            },
            Err(failed) => failed,
        };
        if let Err(error) = sending.wait_for_retry(failed).await {
            break Err(error);
        }
    };
    if let Some(observation) = sending.observation {
        observation.finish(received_bytes, outcome.as_ref().err());
    }
    outcome
}

/// Sends a call and gives its answer as soon as the head is there.
pub(crate) async fn streamed(mut call: Call<'_>) -> Result<StreamResponse, ClientError> {
    let url = call.take_url()?;
    let timeouts = call.limits(call.client.shared.settings.timeouts.streamed());
    let mut sending = Sending::new(call, url, timeouts, true);
    loop {
        let failed = match sending.try_once().await {
            Ok(Answer { status, headers, body }) => {
                return Ok(StreamResponse { status, headers, body: body.observed(sending.observation) });
            }
            Err(failed) => failed,
        };
        if let Err(error) = sending.wait_for_retry(failed).await {
            if let Some(observation) = sending.observation {
                observation.finish(0, Some(&error));
            }
            return Err(error);
        }
    }
}

/// A call on its way, over all its tries.
struct Sending<'c> {
    call: Call<'c>,
    url: url::Url,
    timeouts: Timeouts,
    is_streamed: bool,
    started: Instant,
    retries: u32,
    /// The most that any try so far may have done.
    effect: Effect,
    /// Whether the body went away with a try and can't be had again.
    is_spent: bool,
    observation: Option<Box<Observation>>,
}

impl<'c> Sending<'c> {
    fn new(call: Call<'c>, url: url::Url, timeouts: Timeouts, is_streamed: bool) -> Self {
        let span = tracing::debug_span!(
            "http_call",
            operation = call.operation,
            method = %call.method,
            url = %Redacted(&url),
            sent_bytes = call.body.length_bytes(),
            status = tracing::field::Empty,
            received_bytes = tracing::field::Empty,
            tries = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
            error = tracing::field::Empty,
        );
        let recorder = call.client.shared.recorder.as_ref();
        let observation = Observation::start(recorder, span, &call.method, call.operation);
        Self {
            call,
            url,
            timeouts,
            is_streamed,
            started: Instant::now(),
            retries: 0,
            effect: Effect::NotStarted,
            is_spent: false,
            observation,
        }
    }

    async fn try_once(&mut self) -> Result<Answer, ClientError> {
        if let Some(observation) = &mut self.observation {
            observation.try_began();
        }
        let body = match self.call.body.try_clone() {
            Some(body) => body,
            None => {
                self.is_spent = true;
                std::mem::take(&mut self.call.body)
            }
        };
        let next =
            Try { call: &self.call, url: &self.url, timeouts: self.timeouts, is_streamed: self.is_streamed };
        let answer = next.send(body).await;
        if let (Some(observation), Ok(answer)) = (&mut self.observation, &answer) {
            observation.head_came(answer.status);
        }
        answer
    }

    /// Waits until the next try may begin, or gives the error that the caller gets.
    async fn wait_for_retry(&mut self, failed: ClientError) -> Result<(), ClientError> {
        self.effect = self.effect.max(failed.effect());
        let failed = failed.at_least(self.effect);
        // Work that is paid for and may have begun is never asked for again, whatever the policy says.
        if self.is_spent || (self.call.is_paid && self.effect != Effect::NotStarted) {
            return Err(failed);
        }
        let shared = &self.call.client.shared;
        let policy = self.call.retry.as_ref().unwrap_or(&shared.retry);
        let look = FailedTry { retries: self.retries, error: &failed, random: shared.random.fraction() };
        let tries = self.retries + 1;
        match policy.decide(&look) {
            RetryDecision::Stop if failed.is_retryable() && self.retries > 0 => {
                Err(ClientError::exhausted(failed, tries))
            }
            RetryDecision::Stop => Err(failed),
            RetryDecision::After(wait) if self.started.elapsed() + wait > shared.settings.retry.cap => {
                Err(ClientError::exhausted(failed, tries).with_retry_after(wait))
            }
            RetryDecision::After(wait) => {
                self.tell_retry(&failed, wait);
                self.retries += 1;
                tokio::time::sleep(wait).await;
                Ok(())
            }
        }
    }

    fn tell_retry(&self, failed: &ClientError, wait: Duration) {
        tracing::warn!(
            parent: self.observation.as_ref().and_then(|observation| observation.span().id()),
            operation = self.call.operation,
            method = %self.call.method,
            url = %Redacted(&self.url),
            retry = self.retries + 1,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            status = failed.status().map(|status| status.as_u16()),
            error = %with_causes(failed),
            "a call failed and will be tried again",
        );
        if let Some(observation) = &self.observation {
            observation.retried(failed, wait);
        }
    }
}
