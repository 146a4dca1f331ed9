//! The measurements of the vendors' clients, as metrics.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fourfold_clients::http::{BreakerState, CallReport, ClientError, ErrorKind, Outcome, Recorder};
use http::StatusCode;
use metrics::{Counter, Histogram, SharedString};

/// Counts what one client of a provider does. Labels come from the configuration and the client's own names, never
/// from a caller's text.
pub(crate) struct MetricsRecorder {
    provider: SharedString,
    credential: SharedString,
    /// Each made when a call ends so for the first time.
    ended: RwLock<HashMap<(&'static str, Ended), Arc<Handles>>>,
}

/// How a call ended, as it is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Ended {
    Status(StatusCode),
    Otherwise(&'static str),
}

/// Of calls for the same that ended alike.
struct Handles {
    count: Counter,
    seconds: Histogram,
    first_byte_seconds: Histogram,
}

impl MetricsRecorder {
    pub(crate) fn new(provider: &str, credential: &str) -> Self {
        let recorder = Self {
            provider: provider.to_owned().into(),
            credential: credential.to_owned().into(),
            ended: RwLock::default(),
        };
        recorder.breaker_changed(BreakerState::Closed);
        recorder
    }

    fn handles(&self, operation: &'static str, ended: Ended) -> Arc<Handles> {
        let key = (operation, ended);
        if let Some(known) = self.ended.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let mut all = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_insert_with(|| Arc::new(self.make(operation, ended))).clone()
    }

    fn make(&self, operation: &'static str, ended: Ended) -> Handles {
        let status = match ended {
            Ended::Status(status) => status.as_str().to_owned().into(),
            Ended::Otherwise(word) => SharedString::const_str(word),
        };
        let operation = SharedString::const_str(operation);
        let labels = [("provider", self.provider.clone()), ("operation", operation), ("status", status)];
        Handles {
            count: metrics::counter!("fourfold_vendor_requests_total", &labels),
            seconds: metrics::histogram!("fourfold_vendor_request_seconds", &labels[..2]),
            first_byte_seconds: metrics::histogram!("fourfold_vendor_first_byte_seconds", &labels[..2]),
        }
    }
}

impl Recorder for MetricsRecorder {
    fn call_ended(&self, call: &CallReport<'_>) {
        let ended = match (call.outcome, call.status) {
            (Outcome::Left, _) => Ended::Otherwise("left"),
            (Outcome::Failed(error), None) => Ended::Otherwise(word(error.last().kind())),
            (_, Some(status)) => Ended::Status(status),
            (Outcome::Answered, None) => Ended::Otherwise("answered"),
        };
        let handles = self.handles(call.operation, ended);
        handles.count.increment(1);
        handles.seconds.record(call.duration);
        if let Some(first_byte) = call.first_byte {
            handles.first_byte_seconds.record(first_byte);
        }
    }

    /// 0 is closed, 1 open, 0.5 half open.
    fn breaker_changed(&self, state: BreakerState) {
        let labels = [("provider", self.provider.clone()), ("credential", self.credential.clone())];
        metrics::gauge!("fourfold_vendor_breaker_open", &labels).set(match state {
            BreakerState::Closed => 0.0,
            BreakerState::Open => 1.0,
            BreakerState::HalfOpen => 0.5,
        });
    }

    fn retried(&self, _error: &ClientError, _wait: Duration) {
        metrics::counter!("fourfold_vendor_retries_total", "provider" => self.provider.clone()).increment(1);
    }
}

/// A failure without an answer, in a word.
fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Connect => "connect",
        ErrorKind::Timeout(_) => "timeout",
        ErrorKind::Interrupted => "interrupted",
        ErrorKind::CircuitOpen => "circuit_open",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::AddressRefused => "address_refused",
        _ => "failed",
    }
}
