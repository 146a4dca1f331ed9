//! `limits`: how much a target is asked to do.

use std::time::Duration;

use serde::Deserialize;

use super::invalid::{InvalidSetting, check_range, check_some_time};
use crate::{RateLimit, TargetLimits};

/// How much a target is asked to do by each process; a request above that is refused with 429.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Requests under way at a time, until the end of their answers. Default none, 1 to 1 000 000.
    pub concurrency: Option<u32>,
    /// How many requests may begin within a time.
    pub rate: RateSettings,
}

/// How many requests may begin within a time.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RateSettings {
    /// How many may begin within `per`. Default none, 1 to 1 000 000.
    pub requests: Option<u32>,
    /// The time. Default 1 s, more than zero and at most a day.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub per: Duration,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self { requests: None, per: Duration::from_secs(1) }
    }
}

impl LimitSettings {
    pub(super) fn resolve(&self) -> Result<TargetLimits, InvalidSetting> {
        check_range("concurrency", self.concurrency, 1..=1_000_000)?;
        check_range("rate.requests", self.rate.requests, 1..=1_000_000)?;
        check_some_time("rate.per", Some(self.rate.per))?;
        if self.rate.requests.is_none() && self.rate != RateSettings::default() {
            return Err(InvalidSetting::new("rate.requests", "must be given: without it nothing is limited"));
        }
        let concurrent_max = self.concurrency.and_then(|most| usize::try_from(most).ok());
        let rate = self.rate.requests.map(|requests| RateLimit { requests, per: self.rate.per });
        Ok(TargetLimits { concurrent_max, rate })
    }
}
