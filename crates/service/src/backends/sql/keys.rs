//! The lists of a key.

use crate::error::StoreError;
use crate::keys::{AllowedModels, ApiKey, Scopes};

/// A key's lists, as they are stored.
pub(crate) struct KeyLists {
    pub(crate) scopes: String,
    pub(crate) models: String,
}

impl KeyLists {
    pub(crate) fn of(key: &ApiKey) -> Result<Self, StoreError> {
        Ok(Self { scopes: Self::scopes(key.scopes)?, models: Self::models(&key.models)? })
    }

    pub(crate) fn scopes(scopes: Scopes) -> Result<String, StoreError> {
        serde_json::to_string(&scopes.names()).map_err(|error| StoreError::Failed(error.into()))
    }

    pub(crate) fn models(models: &AllowedModels) -> Result<String, StoreError> {
        let patterns: Vec<&str> = models.patterns().collect();
        serde_json::to_string(&patterns).map_err(|error| StoreError::Failed(error.into()))
    }
}
