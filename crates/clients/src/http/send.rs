//! The loop that acts on retries: try, look at the failure, ask the policy, wait, try again.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, header};
use tokio::time::Instant;
use url::Url;

use super::breaker::{Health, Permit};
use super::cache::{CacheKey, CacheUse};
use super::call::Call;
use super::client::Shared;
use super::collect::collect;
use super::error::{ClientError, Effect, ErrorKind, with_causes};
use super::hops::{Answer, Try};
use super::observe::{Observation, log_body};
use super::redact::Redacted;
use super::response::{Response, StreamResponse};
use super::retry::{FailedTry, RetryDecision};
use super::timeout::Timeouts;

/// Sends a call and reads its answer whole.
pub(crate) async fn whole(mut call: Call<'_>) -> Result<Response, ClientError> {
    let url = call.take_url()?;
    let shared = &*call.client.shared;
    let cache_key = cache_key(&call, &url);
    if let Some(kept) = cache_key.as_ref().and_then(|key| shared.cache.get(key)) {
        return Ok(kept);
    }
    let cache_ttl = if let CacheUse::For(ttl) = call.cache { Some(ttl) } else { None };
    let timeouts = call.limits(shared.settings.timeouts.whole());
    let mut sending = Sending::new(call, url, timeouts, false);
    let outcome = loop {
        let failed = match sending.try_whole().await {
            Ok(response) => break Ok(response),
            Err(failed) => failed,
        };
        if let Err(error) = sending.wait_for_retry(failed).await {
            break Err(error);
        }
    };
    if let (Some(key), Ok(response)) = (cache_key, &outcome) {
        shared.cache.put(key, response, cache_ttl);
    }
    if let Some(observation) = sending.observation {
        let received_bytes = outcome.as_ref().map_or(0, |response| response.body.len() as u64);
        observation.finish(received_bytes, outcome.as_ref().err());
    }
    outcome
}

/// Sends a call and gives its answer as soon as the head is there.
pub(crate) async fn streamed(mut call: Call<'_>) -> Result<StreamResponse, ClientError> {
    let url = call.take_url()?;
    let shared = &*call.client.shared;
    let timeouts = call.limits(shared.settings.timeouts.streamed());
    let mut sending = Sending::new(call, url, timeouts, true);
    loop {
        let failed = match sending.try_once().await {
            Ok(Answer { status, headers, body }) => {
                let breaker = sending.permit.take().map(|permit| {
                    permit.tell(Health::Well);
                    Arc::clone(&shared.breaker)
                });
                let body = body.observed(sending.observation, breaker);
                let event_bytes_max = shared.settings.event_bytes_max;
                return Ok(StreamResponse { status, headers, body, event_bytes_max });
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
    shared: &'c Shared,
    url: Url,
    timeouts: Timeouts,
    is_streamed: bool,
    /// Whether the breaker and the rate limit, which are about the base URL's origin, are about this call.
    is_own: bool,
    started: Instant,
    retries: u32,
    /// The most that any try so far may have done.
    effect: Effect,
    /// Whether the body went away with a try and can't be had again.
    is_spent: bool,
    /// The breaker's leave for the try that runs.
    permit: Option<Permit<'c>>,
    /// Why the try before failed.
    previous: Option<ClientError>,
    observation: Option<Box<Observation>>,
}

impl<'c> Sending<'c> {
    fn new(call: Call<'c>, url: Url, timeouts: Timeouts, is_streamed: bool) -> Self {
        let shared = &*call.client.shared;
        let span = tracing::debug_span!(
            "http_call",
            operation = call.operation,
            method = %call.method,
            url = %Redacted(&url),
            sent_type = call.headers.get(header::CONTENT_TYPE).and_then(|media_type| media_type.to_str().ok()),
            sent_bytes = call.body.length_bytes(),
            status = tracing::field::Empty,
            received_bytes = tracing::field::Empty,
            tries = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
            error = tracing::field::Empty,
        );
        let started = Instant::now();
        let recorder = shared.recorder.as_ref();
        let observation = Observation::start(recorder, span, started, &call.method, call.operation);
        Self {
            is_own: shared.is_own(&url),
            call,
            shared,
            url,
            timeouts,
            is_streamed,
            started,
            retries: 0,
            effect: Effect::NotStarted,
            is_spent: false,
            permit: None,
            previous: None,
            observation,
        }
    }

    async fn try_whole(&mut self) -> Result<Response, ClientError> {
        let Answer { status, headers, mut body } = self.try_once().await?;
        let body = collect(&mut body, self.shared.settings.answer_bytes_max).await;
        let body = body.map_err(|error| error.with_status(status))?;
        if let Some(permit) = self.permit.take() {
            permit.tell(Health::Well);
        }
        if self.shared.settings.log_bodies {
            log_body("received", &body);
        }
        Ok(Response { status, headers, body })
    }

    async fn try_once(&mut self) -> Result<Answer, ClientError> {
        if self.is_own {
            if !self.call.skips_breaker {
                self.permit = Some(self.shared.breaker.admit()?);
            }
            if let Some(rate_limit) = &self.shared.rate_limit {
                let credential = self.call.credential.as_ref().unwrap_or(&self.shared.credential);
                rate_limit.pass(credential).await?;
            }
        }
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
        if self.shared.settings.log_bodies
            && let Some(bytes) = body.as_bytes()
        {
            log_body("sent", bytes);
        }
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
        if let Some(permit) = self.permit.take() {
            permit.tell(Health::of_failure(&failed));
        }
        if let (Some(observation), Some(status)) = (&mut self.observation, failed.status()) {
            observation.head_came(status);
        }
        // A retry that wasn't let out says less than the failure before it.
        let was_held_back = matches!(failed.kind(), ErrorKind::CircuitOpen | ErrorKind::RateLimited);
        if was_held_back && let Some(previous) = self.previous.take() {
            let wait = failed.retry_after();
            return Err(ClientError::exhausted(previous, self.retries).with_retry_after(wait));
        }
        self.effect = self.effect.max(failed.effect());
        let failed = failed.at_least(self.effect);
        // Work that is paid for and may have begun is never asked for again, whatever the policy says.
        if self.is_spent || (self.call.is_paid && self.effect != Effect::NotStarted) {
            return Err(failed);
        }
        let policy = self.call.retry.as_ref().unwrap_or(&self.shared.retry);
        let look = FailedTry { retries: self.retries, error: &failed, random: self.shared.random.fraction() };
        let tries = self.retries + 1;
        match policy.decide(&look) {
            RetryDecision::Stop if failed.is_retryable() && self.retries > 0 => {
                Err(ClientError::exhausted(failed, tries))
            }
            RetryDecision::Stop => Err(failed),
            RetryDecision::After(wait) if self.is_past_cap(wait) => {
                Err(ClientError::exhausted(failed, tries).with_retry_after(wait))
            }
            RetryDecision::After(wait) => {
                self.tell_retry(&failed, wait);
                self.previous = Some(failed);
                self.retries += 1;
                tokio::time::sleep(wait).await;
                Ok(())
            }
        }
    }

    fn is_past_cap(&self, wait: Duration) -> bool {
        let cap = self.shared.settings.retry.cap;
        !cap.is_zero() && self.started.elapsed() + wait > cap
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

/// What the answer is kept under; nothing for calls that change something or don't ask for it.
fn cache_key(call: &Call<'_>, url: &Url) -> Option<CacheKey> {
    if call.cache == CacheUse::None || call.method != Method::GET {
        return None;
    }
    Some(CacheKey {
        url: url.as_str().to_owned(),
        credential: call.credential.as_ref().unwrap_or(&call.client.shared.credential).id,
        headers: call.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    })
}
