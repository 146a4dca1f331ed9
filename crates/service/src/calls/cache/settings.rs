//! How much is kept.

use serde::{Deserialize, Serialize};

/// The longest answer that may be set to be kept.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many answers of models that have a `cache` a process keeps, to give them again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CacheSettings {
    /// How many bytes all kept answers of a process may have in memory; those that weren't asked for the longest go
    /// first. 0 keeps none.
    pub bytes_max: usize,
    /// The longest answer that is kept, in bytes; at most 64 MiB. A call of a model that has a `cache` has up to as much
    /// in memory while it is answered.
    pub answer_bytes_max: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { bytes_max: 64 * 1024 * 1024, answer_bytes_max: 1024 * 1024 }
    }
}

impl CacheSettings {
    /// The first setting that can't be, with what is allowed.
    pub(in crate::calls) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.answer_bytes_max > ANSWER_BYTES_MAX {
            return Err(("calls.cache.answer_bytes_max", format!("must be at most {ANSWER_BYTES_MAX}")));
        }
        Ok(())
    }
}
