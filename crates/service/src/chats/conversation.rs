//! What is kept of a conversation, beside its messages.

use std::fmt;
use std::str::FromStr;

use fourfold_domain::{
    AccountId, CallId, ConversationId, ExternalId, InvalidName, ModelName, Realm, Subject,
};

use super::Line;
use crate::Timestamp;

/// A conversation as its callers name it: the name is theirs, and nobody else's in their realm.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConversationName {
    /// Whose users they are.
    pub realm: Realm,
    /// Which of their conversations.
    pub external_id: ExternalId,
}

impl ConversationName {
    /// What a user calls one of his conversations.
    pub fn of(subject: &Subject, external_id: ExternalId) -> Self {
        Self { realm: subject.realm.clone(), external_id }
    }
}

/// Messages that belong together, and to one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Its id, which is ours: one that was deleted and is begun anew under its name has another.
    pub id: ConversationId,
    /// Whose it is.
    pub account: AccountId,
    /// What its callers call it.
    pub name: ConversationName,
    /// What it is about: the beginning of its first message, until somebody says otherwise.
    pub title: Option<String>,
    /// Whether it was put away.
    pub is_archived: bool,
    /// The model that answered last, without failing.
    pub model: Option<ModelName>,
    /// What the model is told before all messages.
    pub system: Option<String>,
    /// The caller's own words, a JSON object.
    pub metadata: Option<String>,
    /// The number of the next message. Rises with each change of the messages.
    pub next_number: u64,
    /// The call that the last message was sent with, or sent again, unless it was charged for an answer to it: the same
    /// request is answered in place once more.
    pub repeatable: Option<CallId>,
    /// Who writes, and who waits to.
    pub line: Line,
    /// When it began.
    pub created_at: Timestamp,
    /// When its last message was written.
    pub last_message_at: Timestamp,
}

/// A place in a list of conversations, the newest first. Written as `milliseconds-id`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConversationCursor {
    /// When the last message of the conversation there was written.
    pub last_message_at: Timestamp,
    /// The conversation there.
    pub id: ConversationId,
}

/// What is said of a conversation with a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// What it is called, if that is its first message.
    pub title: String,
    /// What the model is to be told before all messages from now on.
    pub system: Option<String>,
    /// The caller's own words from now on, a JSON object.
    pub metadata: Option<String>,
}

impl Conversation {
    /// Whether anything was said in it. Before that there is only its line, and nobody is shown it.
    pub fn has_messages(&self) -> bool {
        self.next_number > 1
    }

    /// Its place in a list.
    pub fn cursor(&self) -> ConversationCursor {
        ConversationCursor { last_message_at: self.last_message_at, id: self.id }
    }
}

impl fmt::Display for ConversationCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.last_message_at.millis(), self.id)
    }
}

impl FromStr for ConversationCursor {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wrong = || InvalidName::new("cursor", "milliseconds, - and an id");
        let (millis, id) = text.split_once('-').ok_or_else(wrong)?;
        let last_message_at = Timestamp::from_millis(millis.parse().map_err(|_| wrong())?);
        Ok(Self { last_message_at, id: id.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_place_in_a_list_is_read_back() {
        let cursor = ConversationCursor {
            last_message_at: Timestamp::from_millis(1_795_000_000_123),
            id: ConversationId::new(Uuid::now_v7()),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "1", "1-", "x-0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d", "1-x"] {
            assert!(wrong.parse::<ConversationCursor>().is_err(), "{wrong}");
        }
    }
}
