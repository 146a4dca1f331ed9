//! `forward.logging`.

use http::HeaderName;
use serde::Deserialize;

use super::invalid::{InvalidSetting, check_range};
use crate::ForwardLog;

/// What is logged of forwarded requests. Failures are logged whatever is set here.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LoggingSettings {
    /// Whether anything but failures is logged. Default true.
    pub enabled: bool,
    /// Whether each request is logged: its id, target, method, path and headers. Default true.
    pub log_request: bool,
    /// Whether each answer is logged: its status, duration, bytes and headers. Default true.
    pub log_response: bool,
    /// Whether bodies are logged. They hold users' own texts. Default false.
    pub log_body: bool,
    /// How much of a body is logged, in bytes. Default 4096, at most 1 MiB.
    pub body_bytes_max: usize,
    /// Headers whose values aren't logged, beside those whose names have `token`, `secret`, `key`, `password` or
    /// `credential` in them, and others that hold keys. Default none.
    pub redact: Vec<String>,
}

impl Default for LoggingSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            log_request: true,
            log_response: true,
            log_body: false,
            body_bytes_max: 4096,
            redact: Vec::new(),
        }
    }
}

impl LoggingSettings {
    pub(super) fn resolve(&self) -> Result<ForwardLog, InvalidSetting> {
        check_range("body_bytes_max", Some(self.body_bytes_max), 0..=1 << 20)?;
        let wrong = |_| InvalidSetting::new("redact", "must be names of headers");
        let written = self.redact.iter().map(|name| name.parse::<HeaderName>().map_err(wrong));
        let secret = ForwardLog::default().hidden_headers;
        let redact = secret.into_iter().map(Ok).chain(written).collect::<Result<_, _>>()?;
        Ok(ForwardLog {
            requests: self.enabled && self.log_request,
            answers: self.enabled && self.log_response,
            body_bytes_max: if self.enabled && self.log_body { self.body_bytes_max } else { 0 },
            hidden_headers: redact,
        })
    }
}
