//! `POST /v1/embeddings`.

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fourfold_domain::{Dialect, EmbeddingResult, GenerationResult, InvalidInput, StreamChunk, WireAsked};
use fourfold_service::calls::{CallHead, Interpreter, PartWriter};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::AppState;
use crate::description::{BodyErrors, KeyErrors, PassedOnErrors};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{CacheHeader, IdempotencyHeader, UserHeader};
use crate::shapes::{NumbersOrText, TextOrItems};
use crate::text::{self, Sent};

/// Texts to be made vectors of, in OpenAI's shape.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, this documents them")]
pub(crate) struct NewEmbeddings {
    /// The model's name; see `/api/v1/models`.
    #[schema(min_length = 1)]
    model: String,
    /// A text or a list of texts; vendors of this wire also take tokens.
    #[schema(value_type = TextOrItems)]
    input: Value,
    /// How long the vectors are.
    dimensions: Option<u64>,
    /// `float`, which holds where it is left out, or `base64` of little-endian 32-bit floats.
    #[schema(pattern = "^(float|base64)$")]
    encoding_format: Option<String>,
    /// Taken and not passed on: who it is for is told by the key and `Fourfold-User`.
    user: Option<String>,
}

/// Vectors, in OpenAI's shape.
#[derive(Serialize, ToSchema)]
pub(crate) struct Embeddings {
    /// Always `list`.
    object: &'static str,
    data: Vec<EmbeddingBody>,
    /// The model's name, as it was asked for.
    #[schema(min_length = 1)]
    model: String,
    usage: EmbeddingUsage,
}

/// One vector.
#[derive(Serialize, ToSchema)]
struct EmbeddingBody {
    /// Always `embedding`.
    object: &'static str,
    index: usize,
    /// A list of numbers, or a text of base64.
    #[schema(value_type = NumbersOrText)]
    embedding: Value,
}

/// Tokens that were used.
#[derive(Serialize, ToSchema)]
struct EmbeddingUsage {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// Makes vectors of texts.
///
/// The credits that it could cost at most are held first; it is charged what was used, at most that. With
/// `Idempotency-Key` the same request sent again is given the same answer.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai", operation_id = "create_embeddings",
    request_body = NewEmbeddings,
    params(UserHeader,
        CacheHeader,
        IdempotencyHeader),
    responses(
        (status = 200, body = Embeddings, description = "the vectors"),
        KeyErrors,
        BodyErrors,
        PassedOnErrors,
        (status = 402, body = ErrorBody, description = "the account can't pay for it"),
        (status = 404, body = ErrorBody, description = "no such model"),
        (status = 409, body = ErrorBody, description = "the first request with this key is still worked on, or its answer was too long to be kept"),
        (status = 502, body = ErrorBody, description = "the vendor failed, or the first request with this key was cut off"),
        (status = 503, body = ErrorBody, description = "no vendor can be asked now, or there is no room left"),
        (status = 504, body = ErrorBody, description = "the vendor took too long")))]
pub(crate) async fn create(State(state): State<AppState>, sent: Sent) -> Result<Response, ApiError> {
    text::generate(&state, sent, Dialect::OpenAiEmbeddings, EmbeddingsInterpreter::of).await
}

/// Reads one request for vectors and writes them, for models whose vendors don't speak the wire.
struct EmbeddingsInterpreter {
    model: String,
    is_base64: bool,
}

impl EmbeddingsInterpreter {
    fn of(asked: &WireAsked) -> Box<dyn Interpreter> {
        Box::new(Self { model: asked.model.clone(), is_base64: false })
    }

    fn embeddings(&self, result: EmbeddingResult) -> Embeddings {
        let embedding = |(index, vector): (usize, Vec<f32>)| EmbeddingBody {
            object: "embedding",
            index,
            embedding: if self.is_base64 { base64_of(&vector) } else { json!(vector) },
        };
        let tokens = result.usage.input_tokens;
        Embeddings {
            object: "list",
            data: result.vectors.into_iter().enumerate().map(embedding).collect(),
            model: self.model.clone(),
            usage: EmbeddingUsage { prompt_tokens: tokens, total_tokens: tokens },
        }
    }
}

impl Interpreter for EmbeddingsInterpreter {
    fn input(&mut self, body: &Bytes) -> Result<Map<String, Value>, InvalidInput> {
        let mut input = super::request::fields(body)?;
        self.is_base64 = match input.remove("encoding_format") {
            None | Some(Value::Null) => false,
            Some(Value::String(format)) if format == "float" => false,
            Some(Value::String(format)) if format == "base64" => true,
            Some(_) => {
                return Err(InvalidInput::not_allowed("encoding_format", "must be one of float, base64"));
            }
        };
        match input.remove("input") {
            Some(texts @ (Value::String(_) | Value::Array(_))) if is_texts(&texts) => {
                input.insert("texts".to_owned(), texts);
            }
            None | Some(Value::Null) => return Err(InvalidInput::malformed("input", "is required")),
            Some(_) => {
                let allowed =
                    "must be a text that isn't empty, or a list of them; this model takes no tokens";
                return Err(InvalidInput::malformed("input", allowed));
            }
        }
        Ok(input)
    }

    fn whole(&mut self, result: GenerationResult) -> Bytes {
        let GenerationResult::Embedding(result) = result else { return Bytes::new() };
        // Only maps with keys that aren't texts can't be written as JSON, and there are none.
        serde_json::to_vec(&self.embeddings(result)).unwrap_or_default().into()
    }
}

impl PartWriter for EmbeddingsInterpreter {
    fn begin(&mut self, _call: &CallHead) {}

    fn part(&mut self, _chunk: &StreamChunk) -> Bytes {
        Bytes::new()
    }

    fn last(&mut self) -> Bytes {
        Bytes::new()
    }
}

fn is_texts(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(texts) => {
            !texts.is_empty() && texts.iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty()))
        }
        _ => false,
    }
}

fn base64_of(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    STANDARD.encode(bytes).into()
}
