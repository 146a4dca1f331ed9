//! What others see of a call: one span, and one report to a recorder of metrics.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Span;

use super::breaker::BreakerState;
use super::error::ClientError;

/// Takes the measurements of a client, one implementation per metrics system.
///
/// It is called on the path of every call, so it should only count: make its handles when it is built.
pub trait Recorder: Send + Sync {
    /// A call ended: answered to the last byte, failed, or left by the caller.
    fn call_ended(&self, call: &CallReport<'_>) {
        let _ = call;
    }

    /// The circuit breaker changed to this state.
    fn breaker_changed(&self, state: BreakerState) {
        let _ = state;
    }

    /// A failed try will be followed by another after this wait.
    fn retried(&self, error: &ClientError, wait: Duration) {
        let _ = (error, wait);
    }
}

/// A call that ended.
#[derive(Debug)]
pub struct CallReport<'a> {
    /// What the call was for, as its client named it; empty if it didn't.
    pub operation: &'static str,
    /// The request's method.
    pub method: &'a Method,
    /// The last answer's status, if there was one.
    pub status: Option<StatusCode>,
    /// How the call ended.
    pub outcome: Outcome<'a>,
    /// How many times the request was tried; 0 if nothing was sent.
    pub tries: u32,
    /// From the call's start to the answer's head, waits and earlier tries included.
    pub first_byte: Option<Duration>,
    /// From the call's start to its end.
    pub duration: Duration,
    /// The bytes of the answer's body that were read.
    pub received_bytes: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// The answer was read to its end.
    Answered,
    /// The call failed.
    Failed(&'a ClientError),
    /// The caller dropped the call or its stream before the end.
    Left,
}

/// A call that is being observed. Whoever holds it last says how the call ended; dropping it says that the caller left.
pub(crate) struct Observation {
    recorder: Option<Arc<dyn Recorder>>,
    span: Span,
    started: Instant,
    method: Method,
    operation: &'static str,
    status: Option<StatusCode>,
    tries: u32,
    first_byte: Option<Duration>,
    is_over: bool,
}

impl Observation {
    /// Observes a call, if anybody looks.
    pub(crate) fn start(
        recorder: Option<&Arc<dyn Recorder>>,
        span: Span,
        started: Instant,
        method: &Method,
        operation: &'static str,
    ) -> Option<Box<Self>> {
        if recorder.is_none() && span.is_disabled() {
            return None;
        }
        Some(Box::new(Self {
            recorder: recorder.cloned(),
            span,
            started,
            method: method.clone(),
            operation,
            status: None,
            tries: 0,
            first_byte: None,
            is_over: false,
        }))
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn try_began(&mut self) {
        self.tries += 1;
    }

    pub(crate) fn head_came(&mut self, status: StatusCode) {
        self.status = Some(status);
        self.first_byte = Some(self.started.elapsed());
    }

    pub(crate) fn retried(&self, error: &ClientError, wait: Duration) {
        if let Some(recorder) = &self.recorder {
            recorder.retried(error, wait);
        }
    }

    /// The call ended with this failure, or well.
    pub(crate) fn finish(mut self, received_bytes: u64, error: Option<&ClientError>) {
        self.report(received_bytes, error.map_or(Outcome::Answered, Outcome::Failed));
    }

    /// The reader dropped the body, which may have been read to its end without asking for it.
    pub(crate) fn dropped(mut self, received_bytes: u64, is_ended: bool) {
        self.report(received_bytes, if is_ended { Outcome::Answered } else { Outcome::Left });
    }

    fn report(&mut self, received_bytes: u64, outcome: Outcome<'_>) {
        self.is_over = true;
        let report = CallReport {
            operation: self.operation,
            method: &self.method,
            status: self.status,
            outcome,
            tries: self.tries,
            first_byte: self.first_byte,
            duration: self.started.elapsed(),
            received_bytes,
        };
        if !self.span.is_disabled() {
            record_in_span(&self.span, &report);
        }
        if let Some(recorder) = &self.recorder {
            recorder.call_ended(&report);
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if !self.is_over {
            self.report(0, Outcome::Left);
        }
    }
}

fn record_in_span(span: &Span, report: &CallReport<'_>) {
    if let Some(status) = report.status {
        span.record("status", status.as_u16());
    }
    span.record("tries", report.tries);
    span.record("received_bytes", report.received_bytes);
    span.record("duration_ms", u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX));
    match report.outcome {
        Outcome::Answered => {}
        Outcome::Failed(error) => {
            span.record("error", tracing::field::display(error.last()));
        }
        Outcome::Left => {
            span.record("error", "left by the caller");
        }
    }
}

/// Logs a body, for operators who asked for it.
pub(crate) fn log_body(direction: &'static str, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(body) if body.len() <= 64 * 1024 => tracing::debug!(direction, body, "a body"),
        _ => tracing::debug!(direction, body_bytes = body.len(), "a body that is large or no text"),
    }
}
