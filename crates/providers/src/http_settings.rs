//! How a provider's HTTP client is set: the vendor's own defaults, with what the operator writes over them.

use fourfold_clients::http::HttpSettings;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{ProviderSettings, SettingsError};

/// The vendor's settings with what stands under `http` in the operator's over them, field by field.
pub(crate) fn http_settings(
    defaults: &HttpSettings,
    written: &Map<String, Value>,
) -> Result<HttpSettings, SettingsError> {
    let mut merged =
        serde_json::to_value(defaults).map_err(|error| SettingsError::new("http", error.to_string()))?;
    lay_over(&mut merged, &Value::Object(written.clone()));
    let settings: HttpSettings = serde_path_to_error::deserialize(merged).map_err(|error| {
        SettingsError::new(format!("http.{}", error.path()), error.into_inner().to_string())
    })?;
    settings
        .validate()
        .map_err(|mistake| SettingsError::new(format!("http.{}", mistake.name), mistake.allowed))?;
    Ok(settings)
}

/// The credential, without which no vendor answers.
pub(crate) fn api_key(settings: &ProviderSettings) -> Result<SecretString, SettingsError> {
    settings.api_key.clone().ok_or_else(|| SettingsError::new("api_key", "is required"))
}

fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                lay_over(below.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn written(value: Value) -> Result<HttpSettings, SettingsError> {
        let mut defaults = HttpSettings::default();
        defaults.timeouts.total = Duration::from_secs(300);
        http_settings(&defaults, value.as_object().unwrap())
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
            (json!({"timeouts": {"conect": "1s"}}), "http.timeouts.conect"),
            (json!({"breaker": {"probes": 0}}), "http.breaker.probes"),
        ] {
            assert_eq!(written(value).unwrap_err().field, field);
        }
    }
}
