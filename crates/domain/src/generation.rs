//! Results of text generation, whole and in chunks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Quantity, Unit};

/// Tokens that a generation used, as the vendor counted them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens in, cached ones included.
    pub input_tokens: u64,
    /// Those of the tokens in that the vendor had cached.
    pub cached_input_tokens: u64,
    /// Tokens out, reasoning included.
    pub output_tokens: u64,
    /// Those of the tokens out that were reasoning.
    pub reasoning_tokens: u64,
}

impl Usage {
    /// What is priced: cached tokens apart from the others.
    pub fn quantities(&self) -> Vec<Quantity> {
        vec![
            Quantity::new(Unit::InputToken, self.input_tokens.saturating_sub(self.cached_input_tokens)),
            Quantity::new(Unit::CachedInputToken, self.cached_input_tokens),
            Quantity::new(Unit::OutputToken, self.output_tokens),
        ]
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
    /// Text of a chat.
    Chat {
        /// What the model said.
        text: String,
        /// What it thought before, where the vendor tells.
        reasoning: Option<String>,
        /// Tools that it wants called, in OpenAI's shape.
        tool_calls: Vec<Value>,
        /// Why it stopped.
        finish_reason: FinishReason,
        /// What it used.
        usage: Usage,
        /// The vendor's own facts (request id, safety verdicts, fingerprints).
        vendor: Map<String, Value>,
    },
    /// Vectors, one for each text of the request.
    Embedding {
        /// The vectors in the order of the request.
        vectors: Vec<Vec<f32>>,
        /// What it used.
        usage: Usage,
        /// The vendor's own facts.
        vendor: Map<String, Value>,
    },
}

/// One piece of a streamed chat.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamChunk {
    /// More text.
    Text(String),
    /// More reasoning.
    Reasoning(String),
    /// A piece of a tool call, in OpenAI's shape.
    ToolCall(Value),
    /// Why it stopped.
    Finish(FinishReason),
    /// What it used; comes once, last.
    Usage(Usage),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_priced_apart() {
        let usage = Usage { input_tokens: 10, cached_input_tokens: 4, output_tokens: 3, reasoning_tokens: 1 };
        let counts: Vec<_> = usage.quantities().iter().map(|quantity| quantity.count).collect();
        assert_eq!(counts, [6, 4, 3]);
    }
}
