//! The loop that sends a request, and again where its target's retries say so.

use bytes::Bytes;
use fourfold_clients::http::{BaseHttpClient, Body, ClientError, Effect, with_causes};
use http::request::Parts;
use http::{Request, Response, header};
use tokio::time::Instant;

use crate::ForwardError;
use crate::collect::{Start, collect};
use crate::in_flight::InFlight;
use crate::replay::Replay;
use crate::retry::{Repeat, Retries, failed_answer, tells_by_body};
use crate::timeouts::ForwardTimeouts;

/// The most that is read of an error answer to learn whether the target has begun.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// How a request is sent.
pub(crate) struct Sender<'a> {
    pub(crate) client: &'a BaseHttpClient,
    pub(crate) retries: &'a Retries,
    pub(crate) timeouts: ForwardTimeouts,
    pub(crate) target: &'a str,
    pub(crate) started: Instant,
}

impl Sender<'_> {
    /// Sends a request and gives the answer of the last try, whatever its status. Nothing is sent again once an answer
    /// was given. Who drops this finds in `in_flight` what the target may have done.
    pub(crate) async fn send(
        &self,
        head: Parts,
        body: Body,
        is_tried_once: bool,
        in_flight: Option<&mut InFlight>,
    ) -> Result<Response<Body>, ForwardError> {
        let repeat = if is_tried_once { None } else { self.retries.of_method(&head.method) };
        let sent = match repeat {
            None => self.send_once(head, body, in_flight).await,
            Some(repeat) => return self.send_again(head, body, repeat, in_flight).await,
        };
        sent.map_err(|error| ForwardError::of_client(error, Effect::NotStarted))
    }

    async fn send_again(
        &self,
        head: Parts,
        body: Body,
        repeat: Repeat,
        mut in_flight: Option<&mut InFlight>,
    ) -> Result<Response<Body>, ForwardError> {
        let replay = Replay::new(body, self.retries.replay_bytes_max());
        let mut effect = Effect::NotStarted;
        let mut retries = 0;
        loop {
            let Some(body) = replay.next() else {
                // It was there when the try before ended, and nobody else reads it.
                return Err(ForwardError::InvalidRequest("a body that is gone"));
            };
            let outcome = match self.send_once(head.clone(), body, in_flight.as_deref_mut()).await {
                Ok(answer) => look(answer, repeat).await,
                Err(error) => Err(error),
            };
            let (answer, failed) = match outcome {
                Ok((answer, None)) => {
                    replay.forget();
                    return Ok(answer);
                }
                Ok((answer, Some(failed))) => (Some(answer), failed),
                Err(failed) => (None, failed),
            };
            let wait = self.retries.wait(repeat, &failed, retries, self.started);
            let Some(wait) = wait.filter(|_| replay.is_there()) else {
                replay.forget();
                return answer.ok_or_else(|| ForwardError::of_client(failed, effect));
            };
            effect = effect.max(failed.effect());
            if let Some(in_flight) = &mut in_flight {
                in_flight.try_failed(effect);
            }
            // Its connection is of no use while its body isn't read.
            drop(answer);
            retries += 1;
            tracing::warn!(
                forward.target = self.target,
                http.method = %head.method,
                retry = retries,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                http.status = failed.status().map(|status| status.as_u16()),
                error = %with_causes(&failed),
                "a forwarded request will be sent again",
            );
            tokio::time::sleep(wait).await;
        }
    }

    async fn send_once(
        &self,
        head: Parts,
        body: Body,
        in_flight: Option<&mut InFlight>,
    ) -> Result<Response<Body>, ClientError> {
        let (request, timeouts) = (Request::from_parts(head, body), self.timeouts.of_try());
        let mut answer = match in_flight {
            Some(in_flight) => self.client.exchange_watched(request, timeouts, in_flight.try_begins()).await,
            None => self.client.exchange_within(request, timeouts).await,
        }?;
        if let Some(ends_at) = self.timeouts.stream_ends_at() {
            answer.body_mut().ends_at(ends_at);
        }
        Ok(answer)
    }
}

/// An answer, and what it means if it is a failure.
async fn look(
    answer: Response<Body>,
    repeat: Repeat,
) -> Result<(Response<Body>, Option<ClientError>), ClientError> {
    let status = answer.status();
    let is_read = repeat == Repeat::NotStarted
        && tells_by_body(status)
        && !answer.headers().contains_key(header::CONTENT_ENCODING);
    if !is_read {
        let failed = failed_answer(status, answer.headers(), b"");
        return Ok((answer, failed));
    }
    let (head, body) = answer.into_parts();
    let (start, body) = match collect(body, ERROR_BYTES_MAX).await? {
        Start::Whole(bytes) => (bytes.clone(), Body::from(bytes)),
        Start::Rest(body) => (Bytes::new(), body),
    };
    let failed = failed_answer(status, &head.headers, &start);
    Ok((Response::from_parts(head, body), failed))
}
