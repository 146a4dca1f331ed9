//! `providers`: the vendors. What one takes is said beside its provider; here it is only put together for
//! the generated page and the check of names.

use std::collections::BTreeMap;

use fourfold_providers::ProviderSettings;
use fourfold_providers::mock::MockSettings;
use schemars::JsonSchema;

/// `providers` as a schema: those with settings of their own by name, and what any other takes. An option
/// that a provider doesn't know is found when it is made.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema counts")]
pub(super) struct ProvidersSchema {
    /// The provider that needs no vendor.
    mock: Option<MockSettings>,
    #[serde(flatten)]
    others: BTreeMap<String, ProviderSettings>,
}
