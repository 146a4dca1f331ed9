//! `circuit_breaker`, of all targets and of one.

use std::time::Duration;

use serde::Deserialize;

use super::invalid::{InvalidSetting, check_range, check_some_time};
use super::written;

/// When a target is taken for ill and requests to it fail at once. Of a target, what isn't written is as in
/// `forward.circuit_breaker`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// Whether there is a breaker. Default true.
    #[cfg_attr(feature = "schema", schemars(extend("default" = true)))]
    pub enabled: Option<bool>,
    /// Failures in a row that open it: connections that failed, time limits and 5xx. Default 5, 1 to 10 000.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 5)))]
    pub failure_threshold: Option<u32>,
    /// How long an open breaker refuses requests. Default 60 s, more than zero and at most a day.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", extend("x-type" = "duration", "default" = "60s"))
    )]
    pub recovery_timeout: Option<Duration>,
    /// How many requests are let through after that, all of which must succeed. Default 3, 1 to 1000.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 3)))]
    pub half_open_requests: Option<u32>,
}

impl BreakerSettings {
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        check_range("failure_threshold", self.failure_threshold, 1..=10_000)?;
        check_some_time("recovery_timeout", self.recovery_timeout)?;
        check_range("half_open_requests", self.half_open_requests, 1..=1000)
    }

    /// These over others, field by field, over the defaults, as the client calls them.
    pub(super) fn resolve(&self, below: &Self) -> fourfold_clients::http::BreakerSettings {
        let default = fourfold_clients::http::BreakerSettings::default();
        let is_enabled = self.enabled.or(below.enabled).unwrap_or(true);
        let failures_max = self.failure_threshold.or(below.failure_threshold).unwrap_or(default.failures_max);
        let open_for = self.recovery_timeout.or(below.recovery_timeout).unwrap_or(default.open_for);
        let probes = self.half_open_requests.or(below.half_open_requests).unwrap_or(default.probes);
        // No number of failures opens it: the client's way to be without.
        let failures_max = if is_enabled { failures_max } else { 0 };
        fourfold_clients::http::BreakerSettings { failures_max, open_for, probes }
    }
}
