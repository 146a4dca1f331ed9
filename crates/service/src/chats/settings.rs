//! How conversations are kept.

use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// The longest that a message may wait for its turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(10 * 60);

/// How conversations are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChatSettings {
    /// The model of a conversation whose first message names none.
    pub default_model: String,
    /// How long a message waits for those that came to its conversation before it, before it is refused with 409
    /// `conversation_busy`; at most 10m.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub turn_wait: Duration,
}

impl Default for ChatSettings {
    fn default() -> Self {
        Self { default_model: "mock-chat".to_owned(), turn_wait: Duration::from_secs(60) }
    }
}

impl ChatSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.default_model.is_empty() {
            return Err(("chats.default_model", "must name a model".to_owned()));
        }
        if self.turn_wait > TURN_WAIT_MAX {
            return Err(("chats.turn_wait", "must be at most 10m".to_owned()));
        }
        Ok(())
    }
}
