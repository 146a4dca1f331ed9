//! What can be set about a provider of DeepSeek.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The options of a provider of kind `deepseek`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DeepSeekOptions {
    /// The HTTP client.
    pub(super) http: Map<String, Value>,
}
