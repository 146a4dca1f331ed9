//! What can be set about Runway.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The options of a provider of kind `runway`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RunwayOptions {
    /// The HTTP client.
    pub(super) http: Map<String, Value>,
}
