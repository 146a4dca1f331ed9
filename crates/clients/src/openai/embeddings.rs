//! `/embeddings`: texts in, vectors out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::http::{BaseHttpClient, ClientError, Effect, ErrorKind};
use crate::vendor::{silent_debug, wire_type};

wire_type! {
    /// What is to be embedded.
    pub struct EmbeddingRequest {
        must {
            /// The model's name.
            model: String,
            /// Up to 2048 texts of up to 8192 tokens each.
            input: EmbeddingInput,
        }
        may {
            /// How long the vectors are, where the model lets one choose.
            dimensions: u32,
            /// How they are written: `float` or `base64`, which is a quarter as long.
            encoding_format: String,
            /// Stands for the end user.
            user: String,
        }
    }
}

/// Texts, or tokens.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EmbeddingInput {
    /// One text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// The tokens of one text.
    Tokens(Vec<u32>),
    /// The tokens of several texts.
    TokenLists(Vec<Vec<u32>>),
}

impl From<&str> for EmbeddingInput {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<String>> for EmbeddingInput {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

silent_debug!(EmbeddingInput);

wire_type! {
    /// The vectors, one for each text.
    pub struct Embeddings {
        must {
            /// The vectors.
            data: Vec<Embedding>,
        }
        may {
            /// `list`.
            object: String,
            /// The model that made them.
            model: String,
            /// What is charged for.
            usage: EmbeddingUsage,
        }
    }
}

wire_type! {
    /// The vector of a text.
    pub struct Embedding {
        must {
            /// The vector.
            embedding: Vector,
        }
        may {
            /// The place of its text among the texts.
            index: u32,
            /// `embedding`.
            object: String,
        }
    }
}

/// A vector, as it was asked for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Vector {
    /// In numbers.
    Numbers(Vec<f32>),
    /// In base64, each number as four bytes, the lowest first.
    Packed(String),
}

impl Vector {
    /// The numbers, however they were written.
    pub fn into_numbers(self) -> Result<Vec<f32>, ClientError> {
        let packed = match self {
            Self::Numbers(numbers) => return Ok(numbers),
            Self::Packed(packed) => BASE64_STANDARD.decode(packed).map_err(|_| unreadable())?,
        };
        let (numbers, rest) = packed.as_chunks();
        if !rest.is_empty() {
            return Err(unreadable());
        }
        Ok(numbers.iter().copied().map(f32::from_le_bytes).collect())
    }
}

silent_debug!(Vector);

fn unreadable() -> ClientError {
    ClientError::new(ErrorKind::Decode, Effect::Started).with_source("an embedding isn't base64 of numbers")
}

wire_type! {
    /// What is charged for.
    pub struct EmbeddingUsage {
        may {
            /// The tokens of the texts.
            prompt_tokens: u64,
            /// The same.
            total_tokens: u64,
        }
    }
}

pub(super) async fn embed(
    http: &BaseHttpClient,
    request: &EmbeddingRequest,
) -> Result<Embeddings, ClientError> {
    http.post("embeddings").operation("embeddings").json(request).paid().send().await?.json()
}
