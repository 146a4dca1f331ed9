//! What the model is told of a conversation: the system's text, and as much of the history as there is room for.

use fourfold_domain::{ChatMessage, ChatRole, Model, estimate};
use serde_json::{Map, Value, json};

use super::{Finish, Message, MessageRole};

/// Our estimate of tokens is rough, so that of each ten of the context's one is left free.
const LEFT_FREE: u64 = 10;

/// How much of a first message is the conversation's title.
const TITLE_CHARACTERS_MAX: usize = 80;

/// How many tokens may go into the model: what its context has beside the longest answer, but half of it at least.
pub(super) fn tokens_max(model: &Model, output_max: u64) -> u64 {
    let context = model.context_tokens - model.context_tokens / LEFT_FREE;
    context.saturating_sub(output_max).max(context / 2)
}

/// The newest of these messages that come to so many tokens together, and in any case the last of a user with what
/// follows it. What is left begins with a user's message, so that the call of a tool is never parted from its results.
pub(crate) fn cut(mut messages: Vec<ChatMessage>, tokens_max: u64) -> Vec<ChatMessage> {
    let (mut tokens, mut first) = (0_u64, None);
    for (index, message) in messages.iter().enumerate().rev() {
        tokens = tokens.saturating_add(estimate::message_input(message));
        if tokens > tokens_max && first.is_some() {
            break;
        }
        if message.role == ChatRole::User {
            first = Some(index);
        }
    }
    messages.split_off(first.unwrap_or_default())
}

/// What of a history the model is told, read from the newest message on.
pub(super) struct Telling {
    after: After,
}

/// What came after a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// Nothing: it is what is asked.
    Asked,
    /// Another message of the user.
    Message,
    /// The answer to it.
    Answer,
    /// An answer of which the vendor's filter left nothing.
    Filtered,
}

impl Telling {
    /// Of a history whose last message is asked again, or behind which another one has come.
    pub(super) fn new(is_asked_again: bool) -> Self {
        Self { after: if is_asked_again { After::Asked } else { After::Message } }
    }

    /// The next older message, as it is told. Nothing of what is blank, nor of a question that a vendor refused for what
    /// it says, unless it is asked again or was answered after all: both would be refused for ever.
    pub(super) fn told(&mut self, message: &Message) -> Option<ChatMessage> {
        let is_blank = message.content.trim().is_empty();
        let (role, next, is_told) = match (message.role, self.after) {
            (MessageRole::User, After::Asked | After::Answer) => (ChatRole::User, After::Message, true),
            (MessageRole::User, After::Message) => (ChatRole::User, After::Message, !message.is_refused),
            (MessageRole::User, After::Filtered) => (ChatRole::User, After::Message, false),
            (MessageRole::Assistant, _) if is_blank && message.finish == Some(Finish::ContentFilter) => {
                (ChatRole::Assistant, After::Filtered, false)
            }
            (MessageRole::Assistant, _) => (ChatRole::Assistant, After::Answer, true),
        };
        self.after = next;
        Some(ChatMessage::new(role, &*message.content)).filter(|_| is_told && !is_blank)
    }
}

/// The input of the model's call.
pub(super) fn input(system: Option<&str>, messages: &[ChatMessage]) -> Map<String, Value> {
    let system = system.map(|text| json!({"role": "system", "content": text}));
    let messages = messages.iter().map(|message| {
        let role = if message.role == ChatRole::Assistant { "assistant" } else { "user" };
        json!({"role": role, "content": message.text()})
    });
    let messages: Vec<_> = system.into_iter().chain(messages).collect();
    Map::from_iter([("messages".to_owned(), Value::from(messages))])
}

/// What a conversation is called that begins with this message.
pub(super) fn title(message: &str) -> String {
    let first = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    first.chars().filter(|character| !character.is_control()).take(TITLE_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use fourfold_domain::ToolCall;

    use super::*;

    /// A letter a message, of 4 tokens around it and one in it: `u` of a user, `a` an answer, `c` the call of a tool and
    /// `t` its result.
    fn messages(roles: &str) -> Vec<ChatMessage> {
        let message = |role: char| match role {
            'u' => ChatMessage::new(ChatRole::User, "u"),
            'a' => ChatMessage::new(ChatRole::Assistant, "a"),
            't' => {
                let tool_call_id = Some("c1".to_owned());
                ChatMessage { tool_call_id, ..ChatMessage::new(ChatRole::Tool, "t") }
            }
            _ => {
                let call = ToolCall { id: "c1".into(), name: "n".into(), arguments: "{}".into() };
                ChatMessage { tool_calls: vec![call], ..ChatMessage::new(ChatRole::Assistant, "") }
            }
        };
        roles.chars().map(message).collect()
    }

    #[test]
    fn the_oldest_are_left_out_first_and_the_newest_never() {
        for (roles, tokens_max, left) in [
            ("uauau", 100, "uauau"),
            ("uauau", 25, "uauau"),
            ("uauau", 24, "uau"),
            ("uauau", 15, "uau"),
            ("uauau", 14, "u"),
            ("uauau", 0, "u"),
            ("u", 0, "u"),
            ("uaucta", 20, "ucta"),
            ("uaucta", 5, "ucta"),
            ("uctau", 100, "uctau"),
            ("uctau", 24, "u"),
            ("", 100, ""),
        ] {
            assert_eq!(cut(messages(roles), tokens_max), messages(left), "{roles} {tokens_max}");
        }
    }

    #[test]
    fn a_title_is_the_first_line_of_the_first_message() {
        for (message, expected) in
            [("Where do foxes live?", "Where do foxes live?"), ("\n  Hi \nthere", "Hi"), ("\t\n", "")]
        {
            assert_eq!(title(message), expected);
        }
        assert_eq!(title(&"ä".repeat(100)).chars().count(), TITLE_CHARACTERS_MAX);
    }
}
