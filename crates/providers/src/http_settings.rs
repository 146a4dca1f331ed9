//! How a provider's HTTP client is made: the vendor's own defaults, with what the operator writes over them.

use fourfold_clients::http::{BaseHttpClient, ClientBuilder, HttpSettings};
use secrecy::SecretString;
use serde_json::Value;

use crate::http_options::lay_over;
use crate::{ProviderSettings, SettingsError};

/// The client of a vendor: at the operator's base URL or the vendor's own, with the operator's credential, and
/// settings laid over the vendor's defaults.
pub(crate) fn http_client(
    settings: &ProviderSettings,
    base_url: &str,
    defaults: &HttpSettings,
    builder: impl FnOnce(&str, SecretString) -> ClientBuilder,
) -> Result<BaseHttpClient, SettingsError> {
    let key = settings.api_key.clone().ok_or_else(|| SettingsError::new("api_key", "is required"))?;
    let http = http_settings(defaults, settings)?;
    let mut builder = builder(settings.base_url.as_deref().unwrap_or(base_url), key).settings(http);
    if let Some(recorder) = &settings.recorder {
        builder = builder.recorder(recorder.clone());
    }
    if let Some(shared) = &settings.rate_limit_sharing {
        builder = builder.shared_rate_limit(shared.clone());
    }
    builder.build().map_err(|error| SettingsError::new("base_url", error.to_string()))
}

fn http_settings(defaults: &HttpSettings, written: &ProviderSettings) -> Result<HttpSettings, SettingsError> {
    let mut merged =
        serde_json::to_value(defaults).map_err(|error| SettingsError::new("timeouts", error.to_string()))?;
    lay_over(&mut merged, &written.http.to_value());
    if let Value::Object(merged) = &mut merged {
        // What is written as nothing is nothing.
        merged.retain(|_name, value| !value.is_null());
    }
    let settings: HttpSettings = serde_path_to_error::deserialize(merged)
        .map_err(|error| SettingsError::new(error.path().to_string(), error.into_inner().to_string()))?;
    settings.validate().map_err(|mistake| SettingsError::new(mistake.name, mistake.allowed))?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn written(value: Value) -> Result<HttpSettings, SettingsError> {
        let mut defaults = HttpSettings::default();
        defaults.timeouts.total = Duration::from_secs(300);
        http_settings(&defaults, &serde_json::from_value(value).unwrap())
    }

    #[test]
    fn what_is_not_written_is_the_vendors_own() {
        let settings = written(json!({"timeouts": {"connect": "1s"}, "retry": {"retries_max": 1}})).unwrap();
        assert_eq!(settings.timeouts.connect, Duration::from_secs(1));
        assert_eq!((settings.timeouts.total, settings.retry.retries_max), (Duration::from_secs(300), 1));
    }

    #[test]
    fn a_mistake_names_its_field() {
        for (value, field) in [
            (json!({"timeouts": {"conect": "1s"}}), "timeouts.conect"),
            (json!({"breaker": {"probes": 0}}), "breaker.probes"),
        ] {
            assert_eq!(written(value).unwrap_err().field, field);
        }
    }
}
