//! The measurements of the vendors' clients, as metrics.

use std::time::Duration;

use fourfold_clients::http::{BreakerState, CallReport, ClientError, ErrorKind, Outcome, Recorder};
use metrics::SharedString;

/// Counts what one client of a provider does. Labels come from the configuration and the client's own names, never
/// from a caller's text.
pub(crate) struct MetricsRecorder {
    provider: SharedString,
    credential: SharedString,
}

impl MetricsRecorder {
    pub(crate) fn new(provider: &str, credential: &str) -> Self {
        let recorder =
            Self { provider: provider.to_owned().into(), credential: credential.to_owned().into() };
        recorder.breaker_changed(BreakerState::Closed);
        recorder
    }
}

impl Recorder for MetricsRecorder {
    fn call_ended(&self, call: &CallReport<'_>) {
        let status = match (call.outcome, call.status) {
            (Outcome::Left, _) => SharedString::const_str("left"),
            (Outcome::Failed(error), None) => SharedString::const_str(word(error.last().kind())),
            (_, Some(status)) => status.as_str().to_owned().into(),
            (Outcome::Answered, None) => SharedString::const_str("answered"),
        };
        let operation = SharedString::const_str(call.operation);
        let labels = [("provider", self.provider.clone()), ("operation", operation), ("status", status)];
        metrics::counter!("fourfold_vendor_requests_total", &labels).increment(1);
        metrics::histogram!("fourfold_vendor_request_seconds", &labels[..2]).record(call.duration);
        if let Some(first_byte) = call.first_byte {
            metrics::histogram!("fourfold_vendor_first_byte_seconds", &labels[..2]).record(first_byte);
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
