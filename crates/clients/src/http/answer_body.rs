//! The body of an answer while it comes in: its time limits, its count of bytes, and the end of its call.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::body::Body;
use super::breaker::Breaker;
use super::error::{ClientError, Effect, ErrorKind, TimeoutStage};
use super::observe::Observation;
use super::timeout::after;
use super::transport::read_failure;

/// An answer's body from either transport.
pub(crate) struct AnswerBody {
    source: Source,
    limits: BodyLimits,
    timer: Option<Pin<Box<Sleep>>>,
    /// Since when the reader waits; none while there is data. A reader that takes its time isn't a stalled answer.
    waiting_since: Option<Instant>,
    received_bytes: u64,
    is_ended: bool,
    drops_trailers: bool,
    observation: Option<Box<Observation>>,
    /// The breaker that hears of a stream that broke off.
    breaker: Option<Arc<Breaker>>,
}

pub(crate) enum Source {
    Hyper(hyper::body::Incoming),
    Reqwest(reqwest::Body),
    /// The connection was let go after a failure.
    Gone,
}

/// What limits a body, and what its failure means.
pub(crate) struct BodyLimits {
    pub(crate) idle: Duration,
    pub(crate) total_at: Option<Instant>,
    /// Whether the pieces go to the caller as they come, so that a cut after the first means work that started.
    pub(crate) is_streamed: bool,
    /// Whether the server says by itself that a body is whole, as over HTTP/2. Such a stream that it resets without a
    /// reason ends for hyper as if it were.
    pub(crate) says_its_end: bool,
}

impl AnswerBody {
    pub(crate) fn new(source: Source, limits: BodyLimits) -> Self {
        Self {
            source,
            limits,
            timer: None,
            waiting_since: None,
            received_bytes: 0,
            is_ended: false,
            drops_trailers: false,
            observation: None,
            breaker: None,
        }
    }

    /// Hands the call's end over to the body, which sees it.
    pub(crate) fn observed(
        mut self,
        observation: Option<Box<Observation>>,
        breaker: Option<Arc<Breaker>>,
    ) -> Body {
        self.observation = observation;
        self.breaker = breaker;
        Body::answer(self)
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        if self.is_ended {
            return Poll::Ready(None);
        }
        // A slow reader, or one that is always given something, never comes to wait for the limit.
        if self.limits.total_at.is_some_and(|limit| Instant::now() >= limit) {
            return Poll::Ready(Some(Err(self.time_out(TimeoutStage::Total))));
        }
        let frame = match &mut self.source {
            Source::Hyper(body) => Pin::new(body).poll_frame(cx).map_err(|error| read_failure(error.into())),
            Source::Reqwest(body) => {
                Pin::new(body).poll_frame(cx).map_err(|error| read_failure(error.without_url().into()))
            }
            Source::Gone => Poll::Ready(None),
        };
        match frame {
            // Nothing comes after trailers.
            Poll::Ready(Some(Ok(frame))) if self.drops_trailers && frame.is_trailers() => self.end(),
            Poll::Ready(Some(Ok(frame))) => {
                self.waiting_since = None;
                if let Some(data) = frame.data_ref() {
                    self.received_bytes += data.len() as u64;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(self.fail(error)))),
            Poll::Ready(None) if self.limits.says_its_end && !self.is_end_stream() => {
                let error = read_failure("the stream was reset before its end".into());
                Poll::Ready(Some(Err(self.fail(error))))
            }
            Poll::Ready(None) => self.end(),
            Poll::Pending => match self.poll_limits(cx) {
                Some(stage) => Poll::Ready(Some(Err(self.time_out(stage)))),
                None => Poll::Pending,
            },
        }
    }

    fn end(&mut self) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        self.is_ended = true;
        if let Some(observation) = self.observation.take() {
            observation.finish(self.received_bytes, None);
        }
        Poll::Ready(None)
    }

    /// Ends with a time limit at that moment at the latest.
    pub(crate) fn ends_at(&mut self, moment: Instant) {
        self.limits.total_at = Some(self.limits.total_at.map_or(moment, |before| before.min(moment)));
    }

    /// Ends with the data, and gives no trailers.
    pub(crate) fn drop_trailers(&mut self) {
        self.drops_trailers = true;
    }

    /// The limit that ran out while nothing came, if one did.
    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Option<TimeoutStage> {
        let waiting_since = *self.waiting_since.get_or_insert_with(Instant::now);
        let (limit, stage) = match (after(waiting_since, self.limits.idle), self.limits.total_at) {
            (Some(idle), Some(total)) if total < idle => (total, TimeoutStage::Total),
            (Some(idle), _) => (idle, TimeoutStage::Idle),
            (None, Some(total)) => (total, TimeoutStage::Total),
            (None, None) => return None,
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(limit)));
        // The timer may be armed for a wait that has ended since; only then is it moved.
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= limit {
                return Some(stage);
            }
            timer.as_mut().reset(limit);
        }
        None
    }

    fn time_out(&mut self, stage: TimeoutStage) -> ClientError {
        self.fail(ClientError::new(ErrorKind::Timeout(stage), Effect::MayHaveStarted))
    }

    fn fail(&mut self, error: ClientError) -> ClientError {
        self.is_ended = true;
        self.source = Source::Gone;
        let error = if self.limits.is_streamed && self.received_bytes > 0 {
            error.at_least(Effect::Started)
        } else {
            error
        };
        if let Some(breaker) = self.breaker.take() {
            breaker.stream_failed();
        }
        if let Some(observation) = self.observation.take() {
            observation.finish(self.received_bytes, Some(&error));
        }
        error
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.is_ended
            || match &self.source {
                Source::Hyper(body) => body.is_end_stream(),
                Source::Reqwest(body) => body.is_end_stream(),
                Source::Gone => true,
            }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Hyper(body) => body.size_hint(),
            Source::Reqwest(body) => body.size_hint(),
            Source::Gone => SizeHint::with_exact(0),
        }
    }
}

impl Drop for AnswerBody {
    /// A reader that stops early leaves the call; the source closes its connection as it is dropped with us.
    fn drop(&mut self) {
        if let Some(observation) = self.observation.take() {
            observation.dropped(self.received_bytes, self.is_end_stream());
        }
    }
}
