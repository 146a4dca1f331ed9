//! Metrics of a target.

use std::sync::Arc;
use std::time::Duration;

use fourfold_clients::http::{BreakerState, Recorder};
use http::StatusCode;

use crate::meter::ForwardOutcome;

/// Takes the measurements of one target. It is called on the path of every request, so it should only count: make its
/// handles when it is built. What is under way is what began and hasn't ended.
pub trait ForwardRecorder: Send + Sync {
    /// A request began.
    fn began(&self) {}

    /// The head of an answer came, so long after the request began.
    fn answered(&self, status: StatusCode, first_byte: Duration) {
        let _ = (status, first_byte);
    }

    /// The target's circuit breaker changed to this state.
    fn breaker_changed(&self, state: BreakerState) {
        let _ = state;
    }

    /// The target's health checks find it well from now on, or ill.
    fn health_changed(&self, is_well: bool) {
        let _ = is_well;
    }

    /// A request that began is over.
    fn ended(&self, report: &ForwardReport) {
        let _ = report;
    }
}

/// A request that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ForwardReport {
    /// The answer's status, if there was an answer.
    pub status: Option<StatusCode>,
    /// How it ended.
    pub outcome: ForwardOutcome,
    /// A word for what went wrong, from a short list; none if nothing did.
    pub error: Option<&'static str>,
    /// From the request's beginning to its end.
    pub duration: Duration,
    /// The bytes of the answer's body that came.
    pub received_bytes: u64,
}

/// What a target's recorder hears of its client.
pub(crate) struct BreakerWatch(pub(crate) Arc<dyn ForwardRecorder>);

impl Recorder for BreakerWatch {
    fn breaker_changed(&self, state: BreakerState) {
        self.0.breaker_changed(state);
    }
}
