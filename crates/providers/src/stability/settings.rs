//! What can be set about Stability.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The options of a provider of kind `stability`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StabilityOptions {
    /// The HTTP client.
    pub(super) http: Map<String, Value>,
}
