//! The settings of the proxy, `forward`, and what a target is made of by them.
//!
//! ```text
//! forward.targets.<name> ──┐
//! forward.defaults, .retry ┴─► resolve ─► ResolvedTarget
//! ```
//!
//! Durations are written `"200ms"`, `"3s"`, `"5m"`; bare numbers are seconds. None is longer than a day.

mod allow;
mod auth;
mod breaker;
mod defaults;
mod health;
mod invalid;
mod limits;
mod logging;
mod resolved;
mod retry;
#[cfg(feature = "schema")]
mod schema;
mod secret;
mod target;
mod transformers;
mod written;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;

pub use allow::{AllowSettings, GENERATION_ENDPOINTS};
pub use auth::{AuthSchemeName, AuthSettings};
pub use breaker::BreakerSettings;
pub use defaults::{DefaultSettings, TimeoutSettings};
pub use health::HealthCheckSettings;
pub use invalid::InvalidSetting;
pub use limits::{LimitSettings, RateSettings};
pub use logging::LoggingSettings;
pub use resolved::ResolvedTarget;
pub use retry::{RetrySettings, StrategyName};
pub use secret::Secret;
pub use target::{TargetSettings, TlsSettings};
pub use transformers::{
    BodySettings, HeaderSettings, PathSettings, RequestTransformerSettings, ResponseTransformerSettings,
    RewriteSettings, TransformerSettings,
};

/// The name of the ready target.
const OPENAI: &str = "openai";

/// The forward proxy.
///
/// ```
/// use fourfold_forward::settings::ForwardSettings;
///
/// let settings: ForwardSettings = serde_json::from_value(serde_json::json!({
///     "defaults": {"timeout": "20s"},
///     "targets": {"search": {"base_url": "https://search.example.com", "allow": ["GET /**"]}},
/// }))?;
/// settings.validate()?;
/// let search = settings.targets["search"].resolve("search", &settings)?;
/// assert_eq!(search.timeouts.request.as_secs(), 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ForwardSettings {
    /// What holds for every target that doesn't say otherwise.
    pub defaults: DefaultSettings,
    /// When a failed try is followed by another, where a target doesn't say otherwise.
    pub retry: RetrySettings,
    /// When a target is taken for ill and requests to it fail at once, where it doesn't say otherwise.
    pub circuit_breaker: BreakerSettings,
    /// What is logged of forwarded requests.
    pub logging: LoggingSettings,
    /// Where requests may go, by the name that stands in the path: `/forward/<name>/…`. 1 to 64 characters of
    /// `a-z 0-9 _ -`.
    pub targets: BTreeMap<String, TargetSettings>,
}

impl ForwardSettings {
    /// Checks every bound that the fields document. The first setting that can't be is named from `forward` on.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let within = |error: InvalidSetting| error.within("forward");
        self.defaults.check().map_err(|error| within(error.within("defaults")))?;
        self.retry.check().map_err(|error| within(error.within("retry")))?;
        self.circuit_breaker.check().map_err(|error| within(error.within("circuit_breaker")))?;
        self.logging.resolve().map_err(|error| within(error.within("logging")))?;
        self.targets.iter().try_for_each(|(name, target)| target.resolve(name, self).map(|_| ()))
    }

    /// Adds the target `openai`, or completes the one that is written: the base URL less a `/v1` at its end, since
    /// the caller's path brings that, the key, and 60 s for a request. Whatever is written stays, and the key goes to no
    /// base URL that is.
    pub fn add_openai(&mut self, base_url: &str, key: SecretString) {
        let target = self.targets.entry(OPENAI.to_owned()).or_default();
        let base_url = base_url.trim_end_matches('/');
        let base_url = base_url.strip_suffix("/v1").unwrap_or(base_url);
        let is_elsewhere = target.base_url.is_some();
        target.base_url.get_or_insert_with(|| base_url.to_owned());
        if !is_elsewhere && target.auth == AuthSettings::default() {
            target.auth.key = Some(Secret::from(key));
        }
        target.timeouts.timeout.get_or_insert(std::time::Duration::from_secs(60));
    }
}

#[cfg(test)]
mod tests;
