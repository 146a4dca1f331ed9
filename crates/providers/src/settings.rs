//! What an operator writes under `providers.<key>`: the fields that every vendor has, and the vendor's own.

use std::collections::BTreeMap;
use std::fmt;
#[cfg(feature = "vendor")]
use std::sync::Arc;

use secrecy::SecretString;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::HttpOptions;

/// The settings of one provider.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderSettings {
    /// Which registered kind of provider this is; left out, the one of the provider's own name. So a
    /// provider `groq` can be of kind `openai`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The credential at the vendor.
    #[serde(default, deserialize_with = "secret")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub api_key: Option<SecretString>,
    /// Further credentials, by names of your choosing: work is shared among all of them, and one that the vendor
    /// refuses or that has asked too much is passed over. `api_key` is the one called `default`.
    #[serde(default, deserialize_with = "secrets")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>", extend("writeOnly" = true)))]
    pub keys: BTreeMap<String, SecretString>,
    /// Where the vendor is; left out, the vendor's public address.
    #[serde(default)]
    pub base_url: Option<String>,
    /// How the vendor is called; what isn't written is the vendor's own default.
    #[serde(flatten)]
    #[cfg_attr(
        all(feature = "schema", feature = "vendor"),
        schemars(with = "fourfold_clients::http::HttpSettings")
    )]
    pub http: HttpOptions,
    /// Takes the measurements of the vendor's client.
    #[cfg(feature = "vendor")]
    #[serde(skip)]
    pub recorder: Option<Arc<dyn fourfold_clients::http::Recorder>>,
    /// Counts the calls of all processes that have the credential.
    #[cfg(feature = "vendor")]
    #[serde(skip)]
    pub rate_limit_sharing: Option<Arc<dyn fourfold_clients::http::SharedRateLimit>>,
    /// What only this kind of provider knows. Its constructor reads them with [`Self::options`], which
    /// refuses those that it doesn't know.
    #[serde(flatten)]
    pub options: Map<String, Value>,
}

/// The options of a provider that has none of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg(any(feature = "deepseek", feature = "gemini", feature = "runway", feature = "stability"))]
pub(crate) struct NoOptions {}

/// A setting that a provider can't be made from.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct SettingsError {
    /// The field, such as `delay`.
    pub field: String,
    /// What is wrong and what is allowed, for the operator.
    pub problem: String,
}

impl ProviderSettings {
    /// The credential that has no name of the operator's.
    pub const DEFAULT_CREDENTIAL: &str = "default";

    /// The settings of each credential by itself, by its name; of none where there is no credential.
    pub fn by_credential(&self) -> Vec<(String, Self)> {
        let alone =
            |key: &SecretString| Self { api_key: Some(key.clone()), keys: BTreeMap::new(), ..self.clone() };
        let default = self.api_key.iter().map(|key| (Self::DEFAULT_CREDENTIAL.to_owned(), alone(key)));
        default.chain(self.keys.iter().map(|(name, key)| (name.clone(), alone(key)))).collect()
    }

    /// Reads the options as the constructor's own settings. Put `#[serde(deny_unknown_fields)]` on `T`, so
    /// that a misspelt option is an error.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        let options = Value::Object(self.options.clone());
        serde_path_to_error::deserialize(options)
            .map_err(|error| SettingsError::new(error.path().to_string(), error.into_inner().to_string()))
    }
}

impl SettingsError {
    /// `field` as the operator wrote it; `problem` says what is wrong and what is allowed.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

impl fmt::Debug for ProviderSettings {
    /// Neither the key nor any value that may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("kind", &self.kind)
            .field("api_key", &self.api_key.as_ref().map(|_| "…"))
            .field("keys", &self.keys.keys().collect::<Vec<_>>())
            .field("base_url", &self.base_url.as_ref().map(|_| "…"))
            .field("options", &self.options.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// An empty key is none: an environment file often lists names with nothing behind them.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}

/// The same by name; names that would hide `api_key` are refused.
fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, SecretString>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    if texts.contains_key(ProviderSettings::DEFAULT_CREDENTIAL) {
        return Err(D::Error::custom("the credential `default` is the one in api_key"));
    }
    let there = texts.into_iter().filter(|(_, text)| !text.is_empty());
    Ok(there.map(|(name, text)| (name, SecretString::from(text))).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fourfold_domain::serde_duration;
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(deny_unknown_fields)]
    struct Options {
        #[serde(with = "serde_duration")]
        delay: Duration,
        #[serde(default)]
        limits: Limits,
    }

    #[derive(Deserialize, PartialEq, Debug, Default)]
    #[serde(deny_unknown_fields)]
    struct Limits {
        requests: u32,
    }

    fn settings(written: Value) -> ProviderSettings {
        serde_json::from_value(written).unwrap()
    }

    #[test]
    fn what_all_share_is_apart_from_the_options() {
        let settings = settings(json!({
            "kind": "openai", "api_key": "sk-1", "base_url": "https://vendor.test", "delay": "200ms", "limits": {"requests": 3},
        }));
        assert_eq!(settings.kind.as_deref(), Some("openai"));
        assert_eq!(settings.api_key.as_ref().unwrap().expose_secret(), "sk-1");
        let expected = Options { delay: Duration::from_millis(200), limits: Limits { requests: 3 } };
        assert_eq!(settings.options(), Ok(expected));
    }

    #[test]
    fn a_mistake_names_its_field() {
        let cases = [
            (json!({}), "."),
            (json!({"delay": "soon"}), "delay"),
            (json!({"delay": 1, "dely": 2}), "dely"),
            (json!({"delay": 1, "limits": {"requests": "many"}}), "limits.requests"),
        ];
        for (written, field) in cases {
            let error = settings(written).options::<Options>().unwrap_err();
            assert_eq!(error.field, field, "{error}");
        }
    }

    #[test]
    fn an_empty_api_key_is_none() {
        assert!(settings(json!({"api_key": ""})).api_key.is_none());
    }

    #[test]
    fn each_credential_has_settings_of_its_own() {
        let settings =
            settings(json!({"api_key": "sk-1", "keys": {"spare": "sk-2", "none": ""}, "delay": 1}));
        let by_credential = settings.by_credential();
        let keys: Vec<_> = by_credential
            .iter()
            .map(|(name, settings)| (name.as_str(), settings.api_key.as_ref().unwrap().expose_secret()))
            .collect();
        assert_eq!(keys, [("default", "sk-1"), ("spare", "sk-2")]);
        assert!(by_credential.iter().all(|(_, settings)| settings.options.contains_key("delay")));
        let hidden = serde_json::from_value::<ProviderSettings>(json!({"keys": {"default": "x"}}));
        assert!(hidden.unwrap_err().to_string().contains("api_key"));
    }

    #[test]
    fn no_secret_is_printed() {
        let settings = settings(json!({
            "api_key": "sk-secret", "keys": {"spare": "sk-secret"}, "base_url": "https://user:secret@vendor.test", "token": "secret",
        }));
        let printed = format!("{settings:?}");
        assert!(!printed.contains("secret") && printed.contains("token"), "{printed}");
    }
}
