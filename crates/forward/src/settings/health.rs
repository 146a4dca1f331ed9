//! `health_check`: asking a target whether it is well.

use std::time::Duration;

use http::uri::PathAndQuery;
use serde::Deserialize;

use super::invalid::{InvalidSetting, check_range, check_some_time};
use crate::HealthCheck;

/// Asks a target from time to time whether it is well, with its credential.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HealthCheckSettings {
    /// What is asked for with GET, a path below the base URL. Default none: nothing is asked.
    pub path: Option<String>,
    /// From one question to the next. Default 30 s, more than zero and at most a day.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub interval: Duration,
    /// How long the target may take to answer. Default 5 s, more than zero and at most a day.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timeout: Duration,
    /// Answers with 2xx in a row after which an ill target is well. Default 2, 1 to 100.
    pub healthy_threshold: u32,
    /// Questions in a row without such an answer after which a target is ill, and nothing is sent to it. Default 3, 1 to
    /// 100.
    pub unhealthy_threshold: u32,
}

impl Default for HealthCheckSettings {
    fn default() -> Self {
        let check = HealthCheck::new("/");
        Self {
            path: None,
            interval: check.interval,
            timeout: check.timeout,
            healthy_threshold: check.healthy_after,
            unhealthy_threshold: check.unhealthy_after,
        }
    }
}

impl HealthCheckSettings {
    pub(super) fn resolve(&self) -> Result<Option<HealthCheck>, InvalidSetting> {
        check_some_time("interval", Some(self.interval))?;
        check_some_time("timeout", Some(self.timeout))?;
        check_range("healthy_threshold", Some(self.healthy_threshold), 1..=100)?;
        check_range("unhealthy_threshold", Some(self.unhealthy_threshold), 1..=100)?;
        let Some(path) = &self.path else {
            return match *self == Self::default() {
                true => Ok(None),
                false => Err(InvalidSetting::new("path", "must be given: without it nothing is asked")),
            };
        };
        let can_be = path.parse::<PathAndQuery>().is_ok_and(|path| crate::path::check(path.path()).is_ok());
        if !can_be {
            return Err(InvalidSetting::new("path", "must be a path such as /v1/models"));
        }
        Ok(Some(HealthCheck {
            path: path.clone(),
            interval: self.interval,
            timeout: self.timeout,
            healthy_after: self.healthy_threshold,
            unhealthy_after: self.unhealthy_threshold,
        }))
    }
}
