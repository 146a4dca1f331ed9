//! What can be set about the provider of Gemini.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The options of a provider of kind `gemini`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GeminiOptions {
    /// The HTTP client.
    pub(super) http: Map<String, Value>,
}
