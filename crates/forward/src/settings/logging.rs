//! `forward.logging`.

use http::{HeaderName, header};
use serde::Deserialize;

use super::invalid::{InvalidSetting, check_range};
use super::resolved::ResolvedLogging;

/// Headers whose values are never logged, whatever else is set.
const SECRET: [HeaderName; 8] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    header::SET_COOKIE,
    HeaderName::from_static("api-key"),
    // Browsers have no other place for a key where they open a WebSocket.
    HeaderName::from_static("sec-websocket-protocol"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

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
    /// Headers whose values aren't logged, beside those that usually hold keys. Default none.
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
    pub(super) fn resolve(&self) -> Result<ResolvedLogging, InvalidSetting> {
        check_range("body_bytes_max", Some(self.body_bytes_max), 0..=1 << 20)?;
        let wrong = |_| InvalidSetting::new("redact", "must be names of headers");
        let written = self.redact.iter().map(|name| name.parse::<HeaderName>().map_err(wrong));
        let redact = SECRET.into_iter().map(Ok).chain(written).collect::<Result<_, _>>()?;
        Ok(ResolvedLogging {
            log_request: self.enabled && self.log_request,
            log_response: self.enabled && self.log_response,
            body_bytes_max: if self.enabled && self.log_body { self.body_bytes_max } else { 0 },
            redact,
        })
    }
}
