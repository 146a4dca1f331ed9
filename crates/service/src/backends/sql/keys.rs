//! The lists of a key.

use crate::error::StoreError;
use crate::keys::ApiKey;

/// A key's lists, as they are stored.
pub(crate) struct KeyLists {
    pub(crate) scopes: String,
    pub(crate) models: String,
}

impl KeyLists {
    pub(crate) fn of(key: &ApiKey) -> Result<Self, StoreError> {
        let failed = |error: serde_json::Error| StoreError::Failed(error.into());
        let models: Vec<&str> = key.models.patterns().collect();
        Ok(Self {
            scopes: serde_json::to_string(&key.scopes.names()).map_err(failed)?,
            models: serde_json::to_string(&models).map_err(failed)?,
        })
    }
}
