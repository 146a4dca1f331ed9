//! What can be set about the limit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many calls may begin with one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RateLimitSettings {
    /// How many calls may begin within `per`, at least 1 and at most 100 000; of all processes that share a Redis,
    /// together.
    pub calls: u32,
    /// The length of the window.
    #[serde(with = "crate::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub per: Duration,
    /// The longest that a call is held back; one that would wait longer fails. Default 10 s.
    #[serde(with = "crate::http::duration", default = "wait_max")]
    #[cfg_attr(feature = "schema", schemars(with = "String", default = "wait_max_text"))]
    pub wait_max: Duration,
}

impl RateLimitSettings {
    /// The tightest limit that is valid.
    pub(crate) const ONE: Self =
        Self { calls: 1, per: Duration::from_secs(1), wait_max: Duration::from_secs(10) };
}

fn wait_max() -> Duration {
    Duration::from_secs(10)
}

#[cfg(feature = "schema")]
fn wait_max_text() -> String {
    "10s".to_owned()
}
