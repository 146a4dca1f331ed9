//! Embeddings: vectors of texts.

use serde_json::{Map, Value};

use super::fields::{Fields, malformed};
use super::tokens_max;
use crate::{InvalidInput, Quantity, Unit};

/// A request for vectors.
#[derive(Clone, PartialEq, Debug)]
pub struct EmbeddingRequest {
    /// The texts; the result has one vector for each.
    pub texts: Vec<String>,
    /// How long the vectors are; left out, the model's own length.
    pub dimensions: Option<u64>,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

impl EmbeddingRequest {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        let texts = match fields.take("texts") {
            Some(Value::Array(texts)) if !texts.is_empty() => texts,
            Some(Value::String(text)) => vec![Value::String(text)],
            Some(_) => return Err(malformed("texts", "must be a text or a list of texts")),
            None => return Err(malformed("texts", "is required")),
        };
        let text = |value| match value {
            Value::String(text) if !text.is_empty() => Ok(text),
            _ => Err(malformed("texts", "must have only texts that aren't empty")),
        };
        Ok(Self {
            texts: texts.into_iter().map(text).collect::<Result<_, _>>()?,
            dimensions: fields.whole_number("dimensions")?,
            extras: fields.rest(),
        })
    }

    /// The most that it can come to: every byte in.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        vec![Quantity::new(Unit::InputToken, self.texts.iter().map(|text| tokens_max(text)).sum())]
    }
}
