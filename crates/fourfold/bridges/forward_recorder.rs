//! The measurements of the forward proxy, as metrics by target.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use fourfold_forward::{BreakerState, ForwardOutcome, ForwardRecorder, ForwardReport};
use http::StatusCode;
use metrics::{Counter, Gauge, Histogram, SharedString};

/// Counts what goes through one target. No label is a caller's text.
pub(crate) struct ForwardMetrics {
    target: SharedString,
    /// Made when something is counted first: targets are made before there is anything that counts.
    handles: OnceLock<Handles>,
    /// Each made when it is first seen.
    ended: RwLock<HashMap<Ended, Counter>>,
    /// Whether its target is gone, or another has its name.
    is_retired: AtomicBool,
}

/// Of all requests alike.
struct Handles {
    requests: Counter,
    in_flight: Gauge,
    seconds: Histogram,
    first_byte_seconds: Histogram,
}

/// What is counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Ended {
    Answered(StatusCode),
    Failed(&'static str),
}

impl ForwardMetrics {
    /// Of the target of this name.
    pub(crate) fn new(target: &str) -> Self {
        Self {
            target: target.to_owned().into(),
            handles: OnceLock::new(),
            ended: RwLock::default(),
            is_retired: AtomicBool::new(false),
        }
    }

    fn handles(&self) -> &Handles {
        self.handles.get_or_init(|| {
            let labels = [("target", self.target.clone())];
            Handles {
                requests: metrics::counter!("fourfold_forward_requests_total", &labels),
                in_flight: metrics::gauge!("fourfold_forward_in_flight", &labels),
                seconds: metrics::histogram!("fourfold_forward_seconds", &labels),
                first_byte_seconds: metrics::histogram!("fourfold_forward_first_byte_seconds", &labels),
            }
        })
    }

    /// Shows the target's breaker: 0 is closed, 1 open, 0.5 half open. Nothing once it is retired.
    pub(crate) fn show_breaker(&self, state: BreakerState) {
        if !self.is_retired.load(Ordering::Relaxed) {
            self.set_breaker(state);
        }
    }

    /// Shows whether the target's health checks find it ill. Nothing once it is retired.
    pub(crate) fn show_health(&self, is_well: bool) {
        if !self.is_retired.load(Ordering::Relaxed) {
            self.set_health(is_well);
        }
    }

    /// Its target is gone, or another has its name. Requests that are under way still count.
    pub(crate) fn retire(&self) {
        self.is_retired.store(true, Ordering::Relaxed);
        self.set_breaker(BreakerState::Closed);
        self.set_health(true);
    }

    fn set_health(&self, is_well: bool) {
        let labels = [("target", self.target.clone())];
        metrics::gauge!("fourfold_forward_unhealthy", &labels).set(if is_well { 0.0 } else { 1.0 });
    }

    fn set_breaker(&self, state: BreakerState) {
        let labels = [("target", self.target.clone())];
        metrics::gauge!("fourfold_forward_breaker_open", &labels).set(match state {
            BreakerState::Closed => 0.0,
            BreakerState::Open => 1.0,
            BreakerState::HalfOpen => 0.5,
        });
    }

    fn count(&self, ended: Ended) {
        if let Some(known) = self.ended.read().unwrap_or_else(PoisonError::into_inner).get(&ended) {
            return known.increment(1);
        }
        let mut all = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(ended).or_insert_with(|| self.make(ended)).increment(1);
    }

    fn make(&self, ended: Ended) -> Counter {
        let target = ("target", self.target.clone());
        match ended {
            Ended::Answered(status) => {
                let labels = [target, ("status", status.as_str().to_owned().into())];
                metrics::counter!("fourfold_forward_responses_total", &labels)
            }
            Ended::Failed(kind) => {
                let labels = [target, ("kind", SharedString::const_str(kind))];
                metrics::counter!("fourfold_forward_errors_total", &labels)
            }
        }
    }
}

impl ForwardRecorder for ForwardMetrics {
    fn began(&self) {
        self.handles().requests.increment(1);
        self.handles().in_flight.increment(1);
    }

    fn answered(&self, status: StatusCode, first_byte: Duration) {
        self.count(Ended::Answered(status));
        self.handles().first_byte_seconds.record(first_byte);
    }

    fn breaker_changed(&self, state: BreakerState) {
        self.show_breaker(state);
    }

    fn health_changed(&self, is_well: bool) {
        self.show_health(is_well);
    }

    fn ended(&self, report: &ForwardReport) {
        self.handles().in_flight.decrement(1);
        self.handles().seconds.record(report.duration);
        match (report.error, report.outcome) {
            (Some(kind), _) => self.count(Ended::Failed(kind)),
            (None, ForwardOutcome::Left) => self.count(Ended::Failed("left")),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_target_that_is_gone_leaves_no_open_breaker_and_no_illness() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            let target = ForwardMetrics::new("t");
            target.breaker_changed(BreakerState::Open);
            assert!(shown.render().contains("fourfold_forward_breaker_open{target=\"t\"} 1"));
            target.health_changed(false);
            assert!(shown.render().contains("fourfold_forward_unhealthy{target=\"t\"} 1"));
            target.retire();
            // A request that was under way finds it ill once more.
            target.breaker_changed(BreakerState::Open);
            target.health_changed(false);
            assert!(shown.render().contains("fourfold_forward_breaker_open{target=\"t\"} 0"));
            assert!(shown.render().contains("fourfold_forward_unhealthy{target=\"t\"} 0"));
        });
    }
}
