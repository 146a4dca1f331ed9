//! `forward.defaults`, and the time limits of a target.

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;

use super::invalid::{DAY, InvalidSetting, TEN_MINUTES, check_at_most};
use super::written;
use crate::ForwardTimeouts;

/// What holds for every target that doesn't say otherwise. Of time limits, zero means none.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DefaultSettings {
    /// From the last piece of a request that the target took to the head of its answer. Default 30 s, at most a day.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timeout: Duration,
    /// Until a connection is there, name look-up and TLS included. Default 5 s, at most 10 min.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub connect_timeout: Duration,
    /// Between two pieces of the answer. Default 60 s, at most a day.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub idle: Duration,
    /// From the answer's head to its end. Default 0 s, which is none, at most a day.
    #[serde(with = "fourfold_clients::http::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub stream: Duration,
    /// What targets are told to be called by, in place of what the caller is called. Default none: the caller's own
    /// goes on.
    pub user_agent: Option<String>,
    /// Whether a target must prove by its certificate that it is who it should be. Default true; false lets anybody in
    /// between read the credential, so it is for tests only.
    pub verify_ssl: bool,
}

/// The time limits of a target; what isn't written is as in `forward.defaults`. Zero means none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutSettings {
    /// From the last piece of a request that the target took to the head of its answer. At most a day.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("x-type" = "duration")))]
    pub timeout: Option<Duration>,
    /// Until a connection is there, name look-up and TLS included. At most 10 min.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("x-type" = "duration")))]
    pub connect_timeout: Option<Duration>,
    /// Between two pieces of the answer. At most a day.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("x-type" = "duration")))]
    pub idle: Option<Duration>,
    /// From the answer's head to its end. At most a day.
    #[serde(deserialize_with = "written::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("x-type" = "duration")))]
    pub stream: Option<Duration>,
}

impl Default for DefaultSettings {
    fn default() -> Self {
        let ForwardTimeouts { connect, request, stream, idle } = ForwardTimeouts::default();
        Self { timeout: request, connect_timeout: connect, idle, stream, user_agent: None, verify_ssl: true }
    }
}

impl DefaultSettings {
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        let timeouts = TimeoutSettings {
            timeout: Some(self.timeout),
            connect_timeout: Some(self.connect_timeout),
            idle: Some(self.idle),
            stream: Some(self.stream),
        };
        timeouts.check()?;
        match &self.user_agent {
            Some(user_agent) if HeaderValue::from_str(user_agent).is_err() => {
                Err(InvalidSetting::new("user_agent", "must be text that a header can carry"))
            }
            _ => Ok(()),
        }
    }
}

impl TimeoutSettings {
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        check_at_most("timeout", self.timeout, DAY)?;
        check_at_most("connect_timeout", self.connect_timeout, TEN_MINUTES)?;
        check_at_most("idle", self.idle, DAY)?;
        check_at_most("stream", self.stream, DAY)
    }

    pub(super) fn resolve(&self, defaults: &DefaultSettings) -> ForwardTimeouts {
        ForwardTimeouts {
            connect: self.connect_timeout.unwrap_or(defaults.connect_timeout),
            request: self.timeout.unwrap_or(defaults.timeout),
            idle: self.idle.unwrap_or(defaults.idle),
            stream: self.stream.unwrap_or(defaults.stream),
        }
    }
}
