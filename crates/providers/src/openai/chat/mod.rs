//! Chats on OpenAI's wire.

mod answer;
mod request;
mod stream;

pub(crate) use answer::result;
pub(super) use answer::usage;
pub(crate) use request::request;
pub(crate) use stream::chunks;

use serde::Deserialize;

use crate::classify::Codes;

/// How a vendor's chats differ from OpenAI's own.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// The vendor's codes.
    pub(crate) codes: Codes,
    /// The field that the limit goes into.
    pub(crate) limit: Limit,
    /// Whether tools are chosen only where there are any: some vendors refuse it otherwise.
    pub(crate) chooses_among_tools: bool,
    /// Why an answer ends that the vendor failed to write, as one of its codes.
    pub(crate) failed: Option<&'static str>,
}

/// The field that the limit of an answer goes into.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    #[default]
    MaxCompletionTokens,
    MaxTokens,
}

impl Limit {
    /// The name of the field.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
        }
    }
}
