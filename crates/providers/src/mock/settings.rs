//! What an operator can tell the mock: `providers.mock.delay`, `providers.mock.fail`.

use std::time::Duration;

use fourfold_domain::{duration_text, serde_duration};
use serde::{Deserialize, Serialize};

use crate::{ProviderSettings, SettingsError};

/// The settings of a mock.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MockSettings {
    /// How long a `-slow` model takes, at most 24 hours.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub delay: Duration,
    /// The longest pause that it advises between two looks at a slow task.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub poll_every: Duration,
    /// How every model fails.
    pub fail: MockFailure,
}

/// How the mock fails, for tests of those who depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MockFailure {
    /// Not at all, but for the `-fail` models.
    #[default]
    None,
    /// The content is refused: at once, and for a slow task when it ends.
    Refuse,
    /// Nothing is taken.
    Unavailable,
    /// Where several pictures or answers are asked for, one is missing.
    Partial,
}

impl Default for MockSettings {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(3),
            poll_every: Duration::from_millis(500),
            fail: MockFailure::None,
        }
    }
}

impl MockSettings {
    const DELAY_MAX: Duration = Duration::from_secs(24 * 60 * 60);

    /// Reads what an operator wrote.
    pub fn parse(written: &ProviderSettings) -> Result<Self, SettingsError> {
        let settings: Self = written.options()?;
        if settings.delay > Self::DELAY_MAX {
            let problem = format!("must be at most {}", duration_text(Self::DELAY_MAX));
            return Err(SettingsError::new("delay", problem));
        }
        for (field, given) in
            [("api_key", written.api_key.is_some()), ("base_url", written.base_url.is_some())]
        {
            if given {
                return Err(SettingsError::new(field, "the mock takes none, for it asks no vendor"));
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(written: Value) -> Result<MockSettings, SettingsError> {
        MockSettings::parse(&serde_json::from_value(written).unwrap())
    }

    #[test]
    fn left_out_settings_have_defaults() {
        assert_eq!(parse(json!({})), Ok(MockSettings::default()));
        assert_eq!(MockSettings::default().delay, Duration::from_secs(3));
    }

    #[test]
    fn written_settings_are_read() {
        let settings = parse(json!({"delay": "200ms", "fail": "partial"})).unwrap();
        assert_eq!(
            settings,
            MockSettings {
                delay: Duration::from_millis(200),
                fail: MockFailure::Partial,
                ..MockSettings::default()
            }
        );
    }

    #[test]
    fn a_wrong_setting_names_its_field() {
        for (written, field) in [
            (json!({"delay": "25h"}), "delay"),
            (json!({"delay": "soon"}), "delay"),
            (json!({"fail": "often"}), "fail"),
            (json!({"dely": "3s"}), "dely"),
            (json!({"base_url": "https://vendor.test"}), "base_url"),
            (json!({"api_key": "k"}), "api_key"),
        ] {
            assert_eq!(parse(written).unwrap_err().field, field);
        }
    }
}
