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
    /// The longest message that a user may send, in bytes.
    pub message_bytes_max: u64,
    /// The longest text that a conversation's model may be told before all messages, in bytes.
    pub system_bytes_max: u64,
    /// The most metadata that a conversation may have, as JSON, in bytes.
    pub metadata_bytes_max: u64,
}

impl Default for ChatSettings {
    fn default() -> Self {
        Self {
            default_model: "mock-chat".to_owned(),
            turn_wait: Duration::from_secs(60),
            message_bytes_max: 256 * 1024,
            system_bytes_max: 64 * 1024,
            metadata_bytes_max: 16 * 1024,
        }
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
        let least = [
            ("chats.message_bytes_max", self.message_bytes_max),
            ("chats.system_bytes_max", self.system_bytes_max),
            ("chats.metadata_bytes_max", self.metadata_bytes_max),
        ];
        match least.into_iter().find(|(_, bytes_max)| *bytes_max == 0) {
            Some((name, _)) => Err((name, "must be at least 1".to_owned())),
            None => Ok(()),
        }
    }
}
