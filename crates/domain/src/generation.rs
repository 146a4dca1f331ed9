//! Results of text generation, whole and in chunks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Quantity, ToolCall, Unit};

/// Tokens that a generation used, as the vendor counted them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens in, cached ones included.
    pub input_tokens: u64,
    /// Those of the tokens in that the vendor had cached.
    pub cached_input_tokens: u64,
    /// Those of the tokens in that the vendor wrote to its cache.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// Those of the tokens written to the cache that are to stay there for an hour; the others stay for minutes.
    #[serde(default)]
    pub cache_write_1h_tokens: u64,
    /// Tokens out, reasoning included.
    pub output_tokens: u64,
    /// Those of the tokens out that were reasoning.
    pub reasoning_tokens: u64,
}

impl Usage {
    /// What is priced: tokens that were cached and that are cached now apart from the others, and nothing that isn't
    /// there.
    pub fn quantities(&self) -> Vec<Quantity> {
        let written = |count, ttl| Quantity::new(Unit::CacheWriteToken, count).with("ttl", ttl);
        let all = [
            Quantity::new(Unit::InputToken, self.plain_input_tokens()),
            Quantity::new(Unit::CachedInputToken, self.cached_input_tokens),
            written(self.cache_write_tokens.saturating_sub(self.cache_write_1h_tokens), "5m"),
            written(self.cache_write_1h_tokens, "1h"),
            Quantity::new(Unit::OutputToken, self.output_tokens),
        ];
        all.into_iter().filter(|quantity| quantity.count > 0).collect()
    }

    /// The tokens in that no cache has to do with.
    pub fn plain_input_tokens(&self) -> u64 {
        self.input_tokens.saturating_sub(self.cached_input_tokens.saturating_add(self.cache_write_tokens))
    }
}

/// Why a model stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It reached the output limit.
    Length,
    /// It wants a tool called.
    ToolCalls,
    /// The vendor's filter stopped it.
    ContentFilter,
    /// Another reason, in the vendor's word.
    #[serde(untagged)]
    Other(String),
}

/// A finished generation.
#[derive(Clone, PartialEq, Debug)]
pub enum GenerationResult {
    /// Answers of a chat.
    Chat(ChatResult),
    /// Vectors.
    Embedding(EmbeddingResult),
}

/// Answers of a chat.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ChatResult {
    /// One for each answer that was asked for.
    pub answers: Vec<ChatAnswer>,
    /// What it used.
    pub usage: Usage,
    /// The vendor's own facts (request id, safety verdicts, fingerprints).
    pub vendor: Map<String, Value>,
}

/// One answer of a chat.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ChatAnswer {
    /// What the model said.
    pub text: String,
    /// What it thought before, where the vendor tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Why it declines, where the vendor tells that apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Tools that it wants called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish_reason: FinishReason,
    /// What the vendor says beside it, such as signatures of thoughts that go back with the next request.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extras: Map<String, Value>,
}

/// Vectors of texts.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct EmbeddingResult {
    /// The vectors, one for each text in the order of the request.
    pub vectors: Vec<Vec<f32>>,
    /// What it used.
    pub usage: Usage,
    /// The vendor's own facts.
    pub vendor: Map<String, Value>,
}

impl GenerationResult {
    /// What it used.
    pub fn usage(&self) -> Usage {
        match self {
            Self::Chat(chat) => chat.usage,
            Self::Embedding(embedding) => embedding.usage,
        }
    }

    /// The vendor's own facts.
    pub fn vendor(&self) -> &Map<String, Value> {
        match self {
            Self::Chat(chat) => &chat.vendor,
            Self::Embedding(embedding) => &embedding.vendor,
        }
    }
}

/// One piece of a streamed chat.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamChunk {
    /// More of one of the answers.
    Answer {
        /// Which of the answers, from 0.
        index: u32,
        /// What is added to it.
        piece: AnswerPiece,
    },
    /// What it used; comes once, last.
    Usage(Usage),
    /// The vendor's own facts; a later one adds to an earlier one.
    Vendor(Map<String, Value>),
}

/// What is added to an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum AnswerPiece {
    /// More text.
    Text(String),
    /// More of its thoughts.
    Reasoning(String),
    /// More of why it declines.
    Refusal(String),
    /// More of a call of a tool.
    ToolCall {
        /// Which of the calls, from 0.
        index: u32,
        /// The call's id, with its first piece.
        id: Option<String>,
        /// The tool's name, with its first piece.
        name: Option<String>,
        /// The next of the arguments.
        arguments: String,
    },
    /// What the vendor says beside it.
    Extras(Map<String, Value>),
    /// Why it stopped.
    Finish(FinishReason),
}

/// What was heard.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Transcript {
    /// All of it.
    pub text: String,
    /// The language that is spoken, as the vendor names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How long the audio is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Its parts with their times, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<TimedText>,
    /// Its words with their times, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<TimedText>,
}

/// A text that was heard in this time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TimedText {
    /// What was said.
    pub text: String,
    /// When it begins, in seconds.
    pub start: f64,
    /// When it ends, in seconds.
    pub end: f64,
    /// Who said it, where the vendor tells them apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
}

impl Transcript {
    /// The media type of one that is written as JSON.
    pub const MEDIA_TYPE: &str = "application/json";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_priced_apart() {
        let usage = Usage { input_tokens: 10, cached_input_tokens: 4, output_tokens: 3, ..Usage::default() };
        let counts =
            |usage: Usage| usage.quantities().iter().map(|quantity| quantity.count).collect::<Vec<_>>();
        assert_eq!(counts(usage), [6, 4, 3]);
        let usage = Usage { cache_write_tokens: 5, cache_write_1h_tokens: 2, ..usage };
        assert_eq!(counts(usage), [1, 4, 3, 2, 3]);
        assert_eq!(usage.quantities()[3], Quantity::new(Unit::CacheWriteToken, 2).with("ttl", "1h"));
        let usage = Usage { input_tokens: 10, ..Usage::default() };
        assert_eq!(usage.quantities(), [Quantity::new(Unit::InputToken, 10)]);
    }
}
