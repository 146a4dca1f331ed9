//! How a provider's vendor is called, as the operator writes it: fields of the client's own settings, each left to
//! the vendor's default where it isn't written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The fields of `fourfold_clients::http::HttpSettings`, as far as they are written.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct HttpOptions {
    /// The time limits of a try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Value>,
    /// When a failed try is followed by another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Value>,
    /// When the vendor is taken for ill, and calls fail at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Value>,
    /// How many calls may begin with one credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<Value>,
    /// The answers that are kept for calls that ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Value>,
    /// The connections that are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Value>,
    /// What is trusted beside the platform's certificate authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Value>,
    /// The proxy that every connection goes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Value>,
    /// Which addresses may be reached by URLs in answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_addresses: Option<Value>,
    /// The largest answer that is read whole, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_bytes_max: Option<Value>,
    /// The largest server-sent event that is read, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bytes_max: Option<Value>,
    /// Whether bodies are logged at `debug`. They hold users' own texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_bodies: Option<Value>,
    /// How the client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Value>,
}

impl HttpOptions {
    /// These over others, field by field.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let mut merged = below.to_value();
        lay_over(&mut merged, &self.to_value());
        serde_json::from_value(merged).expect("fields of options laid over each other are options")
    }

    /// What is written, as an object.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("JSON values under names are JSON")
    }
}

/// Lays one value over another, objects field by field.
pub(crate) fn lay_over(below: &mut Value, above: &Value) {
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
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_nearer_wins_field_by_field() {
        let options = |value: Value| serde_json::from_value::<HttpOptions>(value).unwrap();
        let near = options(json!({"timeouts": {"total": "3s"}}));
        let far = options(json!({"timeouts": {"total": "9s", "connect": "1s"}, "retry": {"retries_max": 1}}));
        let expected = json!({"timeouts": {"total": "3s", "connect": "1s"}, "retry": {"retries_max": 1}});
        assert_eq!(near.over(&far).to_value(), expected);
    }

    #[cfg(feature = "vendor")]
    #[test]
    fn every_field_of_the_clients_settings_can_be_written() {
        let settings = serde_json::to_value(fourfold_clients::http::HttpSettings::default()).unwrap();
        let all: serde_json::Map<_, _> =
            settings.as_object().unwrap().keys().map(|name| (name.clone(), json!(1))).collect();
        let options: HttpOptions = serde_json::from_value(Value::Object(all.clone())).unwrap();
        assert_eq!(options.to_value(), Value::Object(all));
    }
}
