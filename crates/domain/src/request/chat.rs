//! Chats: an answer to messages.

use serde_json::{Map, Value};

use super::fields::{Fields, malformed};
use super::tokens_max;
use crate::{InvalidInput, Quantity, Unit};

/// A request for an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct ChatRequest {
    /// The messages, oldest first, in OpenAI's shape.
    pub messages: Vec<Value>,
    /// The most tokens to answer with.
    pub max_tokens: u64,
    /// How freely it answers, 0 to 2.
    pub temperature: Option<f64>,
    /// Tools that it may want called, in OpenAI's shape.
    pub tools: Vec<Value>,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

impl ChatRequest {
    /// The answer's limit where none is asked for.
    pub const MAX_TOKENS_DEFAULT: u64 = 4096;

    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        let messages = match fields.take("messages") {
            Some(Value::Array(messages)) if !messages.is_empty() => messages,
            Some(_) => return Err(malformed("messages", "must be a list with at least one message")),
            None => return Err(malformed("messages", "is required")),
        };
        let tools = match fields.take("tools") {
            None => Vec::new(),
            Some(Value::Array(tools)) => tools,
            Some(_) => return Err(malformed("tools", "must be a list")),
        };
        Ok(Self {
            messages,
            max_tokens: fields.whole_number("max_tokens")?.unwrap_or(Self::MAX_TOKENS_DEFAULT),
            temperature: fields.number("temperature")?,
            tools,
            extras: fields.rest(),
        })
    }

    /// The most that it can come to: every byte in, the limit out.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        let written = self.messages.iter().chain(&self.tools);
        let input = written.map(|value| tokens_max(&value.to_string())).sum();
        vec![Quantity::new(Unit::InputToken, input), Quantity::new(Unit::OutputToken, self.max_tokens)]
    }
}
