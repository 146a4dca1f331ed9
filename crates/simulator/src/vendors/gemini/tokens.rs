//! Tokens by what they stand for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How many tokens of each modality; those that have none aren't there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Tokens(BTreeMap<&'static str, u64>);

/// What a picture, a sound, a film or a document costs that a request brings.
pub(super) const OF_MEDIA: u64 = 258;

impl Tokens {
    pub(super) fn add(&mut self, modality: &'static str, tokens: u64) {
        if tokens > 0 {
            *self.0.entry(modality).or_default() += tokens;
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for (modality, tokens) in &other.0 {
            self.add(modality, *tokens);
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// As `promptTokensDetails` has them.
    pub(super) fn details(&self) -> Value {
        self.0.iter().map(|(modality, tokens)| json!({"modality": modality, "tokenCount": tokens})).collect()
    }

    /// As `input_tokens_by_modality` has them.
    pub(super) fn by_modality(&self) -> Value {
        let named = |(modality, tokens): (&&str, &u64)| json!({"modality": modality.to_lowercase(), "tokens": tokens});
        self.0.iter().map(named).collect()
    }
}

/// What bytes of this media type stand for.
pub(super) fn modality(media_type: &str) -> &'static str {
    match media_type.split('/').next().unwrap_or_default() {
        "image" => "IMAGE",
        "audio" => "AUDIO",
        "video" => "VIDEO",
        "text" => "TEXT",
        _ => "DOCUMENT",
    }
}
