//! Asking a target now and then whether it is well.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use fourfold_clients::http::{Body, ErrorKind, Timeouts};
use http::Request;
use http::uri::PathAndQuery;

use crate::TargetError;
use crate::credential::Credential;
use crate::forwarder::Inner;

/// How a target's health is checked: a GET whose answer must be a success.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthCheck {
    /// The path below the base URL, with a query where it needs one. It is asked with the target's credential.
    pub path: String,
    /// From one check to the next. Default 30 s.
    pub interval: Duration,
    /// Until the answer's head. Default 5 s.
    pub timeout: Duration,
    /// Good checks in a row after which an ill target is well. Default 2, at least 1.
    pub healthy_after: u32,
    /// Bad checks in a row after which a target is ill, and nothing is sent to it. Default 3, at least 1.
    pub unhealthy_after: u32,
}

impl HealthCheck {
    /// Checks this path, with every default.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            healthy_after: 2,
            unhealthy_after: 3,
        }
    }
}

/// What the checks have found so far. A target is well until they say otherwise.
#[derive(Debug)]
pub(crate) struct Health {
    check: HealthCheck,
    path: PathAndQuery,
    is_well: AtomicBool,
    /// Checks in a row that contradict `is_well`. Only the one that checks writes it.
    contrary: AtomicU32,
}

impl Health {
    pub(crate) fn new(check: HealthCheck) -> Result<Self, TargetError> {
        let path = check.path.parse::<PathAndQuery>().ok();
        let path = path.filter(|path| crate::path::check(path.path()).is_ok());
        let path = path.ok_or(TargetError::Setting("a health check needs a path such as /models"))?;
        if check.interval.is_zero() || check.healthy_after == 0 || check.unhealthy_after == 0 {
            return Err(TargetError::Setting("a health check's interval and counts must be more than zero"));
        }
        Ok(Self { check, path, is_well: AtomicBool::new(true), contrary: AtomicU32::new(0) })
    }

    pub(crate) fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }

    pub(crate) fn interval(&self) -> Duration {
        self.check.interval
    }

    /// Checks for ever.
    pub(crate) async fn check_on(&self, inner: &Inner) {
        let mut ticks = tokio::time::interval(self.check.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(is_well) = self.ask(inner).await else { continue };
            if self.learn(&inner.name, is_well)
                && let Some(recorder) = &inner.observers.recorder
            {
                recorder.health_changed(is_well);
            }
        }
    }

    /// Whether the target is well now; none where that can't be asked.
    async fn ask(&self, inner: &Inner) -> Option<bool> {
        let uri = inner.target.address.whole(inner.credential.in_target(self.path.clone()).ok()?).ok()?;
        let mut request = Request::get(uri).body(Body::empty()).ok()?;
        if let Credential::Header(name, value) = &inner.credential {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        let limits =
            Timeouts { first_byte: self.check.timeout, connect: self.check.timeout, ..Timeouts::NONE };
        match inner.client.exchange_within(request, limits).await {
            Ok(answer) => Some(answer.status().is_success()),
            // The breaker knows already; it asks when its time has come.
            Err(error) if error.kind() == ErrorKind::CircuitOpen => None,
            Err(_) => Some(false),
        }
    }

    /// Takes what a check found. Says whether that changes how the target is.
    fn learn(&self, target: &str, is_well: bool) -> bool {
        if is_well == self.is_well() {
            self.contrary.store(0, Ordering::Relaxed);
            return false;
        }
        let needed = if is_well { self.check.healthy_after } else { self.check.unhealthy_after };
        if self.contrary.fetch_add(1, Ordering::Relaxed) + 1 < needed {
            return false;
        }
        self.contrary.store(0, Ordering::Relaxed);
        self.is_well.store(is_well, Ordering::Relaxed);
        if is_well {
            tracing::info!(forward.target = target, "a target is well again");
        } else {
            tracing::warn!(
                forward.target = target,
                "a target fails its health checks, so nothing is sent to it"
            );
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_so_many_checks_in_a_row_to_change_a_mind() {
        let health = Health::new(HealthCheck::new("/models?limit=1")).unwrap();
        let states = |checks: &[bool]| -> Vec<bool> {
            checks
                .iter()
                .map(|check| {
                    health.learn("any", *check);
                    health.is_well()
                })
                .collect()
        };
        assert_eq!(states(&[false, false, true, false, false, false]), [true, true, true, true, true, false]);
        assert_eq!(states(&[true, false, true, true, false]), [false, false, false, true, true]);
    }

    #[test]
    fn checks_that_cannot_be_are_refused() {
        let right = HealthCheck::new("/models");
        for wrong in [
            HealthCheck::new("models"),
            HealthCheck::new("/../models"),
            HealthCheck { interval: Duration::ZERO, ..right.clone() },
            HealthCheck { healthy_after: 0, ..right.clone() },
            HealthCheck { unhealthy_after: 0, ..right.clone() },
        ] {
            assert!(Health::new(wrong).is_err());
        }
    }
}
