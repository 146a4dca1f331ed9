//! Passing a request on as it is: no default headers, the path byte for byte, upgrades, streams both ways.

use std::sync::Arc;

use http::{Request, Version, header};
use tokio::time::Instant;

use super::answer_body::{AnswerBody, BodyLimits, Source};
use super::body::Body;
use super::breaker::Health;
use super::client::BaseHttpClient;
use super::error::{ClientError, Effect, ErrorKind, TimeoutStage};
use super::observe::Observation;
use super::redact::Redacted;
use super::sent_body::SentBody;
use super::timeout::{HeadLimits, Progress, Timeouts, after};
use super::transport::send_failure;

impl BaseHttpClient {
    /// Sends a request as it is and gives the answer as it comes, whatever its status.
    ///
    /// The URI must be absolute. Nothing is added but what framing needs (`Host` if missing, `Content-Length` or
    /// `Transfer-Encoding`), nothing is retried, redirects are passed back. The limits are those of a stream.
    /// After a 101, [`upgrade`](super::upgrade) gives the connection; a request with `Upgrade` goes by HTTP/1.1.
    pub async fn exchange(&self, request: Request<Body>) -> Result<http::Response<Body>, ClientError> {
        self.exchange_within(request, self.shared.settings.timeouts.streamed()).await
    }

    /// As [`exchange`](Self::exchange), with other limits.
    pub async fn exchange_within(
        &self,
        request: Request<Body>,
        timeouts: Timeouts,
    ) -> Result<http::Response<Body>, ClientError> {
        self.exchange_watched(request, timeouts, &Arc::new(Progress::start(Instant::now()))).await
    }

    /// As [`exchange_within`](Self::exchange_within), for who wants to know how far it has come should this future be
    /// dropped. A progress is for one request, which begins when the progress does.
    pub async fn exchange_watched(
        &self,
        request: Request<Body>,
        timeouts: Timeouts,
        progress: &Arc<Progress>,
    ) -> Result<http::Response<Body>, ClientError> {
        let span = tracing::debug_span!(
            "http_exchange",
            method = %request.method(),
            url = %Redacted(request.uri()),
            sent_bytes = request.body().length_bytes(),
            status = tracing::field::Empty,
            received_bytes = tracing::field::Empty,
            tries = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
            error = tracing::field::Empty,
        );
        let recorder = self.shared.recorder.as_ref();
        let started = progress.started();
        let mut observation = Observation::start(recorder, span, started, request.method(), "exchange");
        if let Some(observation) = &mut observation {
            observation.try_began();
        }
        let is_own = self.shared.is_own_uri(request.uri());
        match self.pass_on(request, is_own, timeouts, progress).await {
            Ok(answer) => {
                if let Some(observation) = &mut observation {
                    observation.head_came(answer.status());
                }
                let breaker = is_own.then(|| Arc::clone(&self.shared.breaker));
                Ok(answer.map(|body| body.observed(observation, breaker)))
            }
            Err(error) => {
                if let Some(observation) = observation {
                    observation.finish(0, Some(&error));
                }
                Err(error)
            }
        }
    }

    async fn pass_on(
        &self,
        request: Request<Body>,
        is_own: bool,
        timeouts: Timeouts,
        progress: &Arc<Progress>,
    ) -> Result<http::Response<AnswerBody>, ClientError> {
        let policy = self.shared.address_policy(is_own);
        policy.check_host(request.uri().host().unwrap_or_default(), self.shared.proxy_host())?;
        let transports = self.pools.here(&self.shared)?;
        let transport = transports.under(policy);

        let permit = if is_own { Some(self.shared.breaker.admit()?) } else { None };
        let mut request = request.map(|body| SentBody::new(body, Arc::clone(progress)));
        // Which version is spoken is settled with the server, not with the caller.
        *request.version_mut() = Version::HTTP_11;
        if let Some(authorization) = &transport.proxy_authorization
            && request.uri().scheme_str() == Some("http")
        {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization.clone());
        }

        let total_at = after(progress.started(), timeouts.total);
        let limits = HeadLimits { connect: timeouts.connect, first_byte: timeouts.first_byte, total_at };
        let sending = transport.hyper_for(request.headers()).request(request);
        let answer = match limits.hold(progress, sending).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                let is_connect = error.is_connect();
                Err(send_failure(error.into(), is_connect, progress.is_written()))
            }
            // The server waited for the caller, as we did, and can't be blamed.
            Err(TimeoutStage::FirstByte) if progress.waits_for_caller() => Err(stalled_body()),
            Err(stage) => Err(ClientError::timed_out(stage, progress.is_written())),
        };
        if let Some(permit) = permit {
            permit.tell(match &answer {
                Ok(answer) => Health::of_status(answer.status()),
                Err(error) => Health::of_failure(error),
            });
        }
        let answer = answer?;
        let says_its_end = answer.version() == Version::HTTP_2;
        let limits = BodyLimits { idle: timeouts.idle, total_at, is_streamed: true, says_its_end };
        Ok(answer.map(|body| AnswerBody::new(Source::Hyper(body), limits)))
    }
}

/// The failure of a request whose caller stopped giving its body.
fn stalled_body() -> ClientError {
    let error = ClientError::new(ErrorKind::RequestBody, Effect::MayHaveStarted);
    error.with_source("the request's body stalled")
}
