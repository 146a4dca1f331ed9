//! `:embedContent` and `:batchEmbedContents`.

use serde_json::{Value, json};

use super::generate::{CONTENT, content_text, content_tokens};
use super::models::{self, Method, plain};
use super::shape::Shape::{Integer, List, Message as Object, OneOf, Text};
use super::shape::{self, Message};
use super::tokens::Tokens;
use crate::answer::Answer;
use crate::call::Call;
use crate::content::unit_vector;
use crate::refusal::{Problem, Refusal};

/// How long a vector is where nothing is said of it, and at most.
const DIMENSIONS_MAX: i64 = 3072;

const TEXT_ONLY: &str = "gemini-embedding-001";

const EMBED: Message = &[
    ("model", Text),
    ("content", Object(CONTENT)),
    ("taskType", OneOf(TASK_TYPES)),
    ("title", Text),
    ("outputDimensionality", Integer(1, DIMENSIONS_MAX)),
];

const TASK_TYPES: &[&str] = &[
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
];

const REQUESTS_MAX: usize = 100;

/// `POST /v1beta/models/{model}:embedContent`.
pub(super) fn embed(call: &Call<'_>) -> Result<Answer, Refusal> {
    let model = call.params.get("model");
    models::known(call, model, Method::Embed)?;
    let body = shape::body(call, EMBED)?;
    let embedded = Embedded::new(model, &body, "")?;
    Ok(Answer::json(&json!({"embedding": embedded.written, "usageMetadata": usage(&embedded.tokens)})))
}

/// `POST /v1beta/models/{model}:batchEmbedContents`: each request names the model of the path once more.
pub(super) fn embed_batch(call: &Call<'_>) -> Result<Answer, Refusal> {
    let model = call.params.get("model");
    models::known(call, model, Method::Embed)?;
    let body = shape::body(call, &[("requests", List(&Object(EMBED)))])?;
    let requests = body["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    match requests.len() {
        0 => return Err(Refusal::missing("requests")),
        length if length > REQUESTS_MAX => {
            return Err(Refusal::Field(
                "requests".into(),
                Problem::TooLong { length, length_max: REQUESTS_MAX },
            ));
        }
        _ => {}
    }
    let (mut tokens, mut embeddings) = (Tokens::default(), Vec::new());
    for (index, request) in requests.iter().enumerate() {
        let at = format!("requests[{index}].");
        let named = request["model"].as_str().ok_or_else(|| Refusal::missing(format!("{at}model")))?;
        if plain(named) != model {
            return Err(Refusal::not_allowed(format!("{at}model"), named, format!("models/{model}")));
        }
        let embedded = Embedded::new(model, request, &at)?;
        tokens.extend(&embedded.tokens);
        embeddings.push(embedded.written);
    }
    Ok(Answer::json(&json!({"embeddings": embeddings, "usageMetadata": usage(&tokens)})))
}

struct Embedded {
    written: Value,
    tokens: Tokens,
}

impl Embedded {
    fn new(model: &str, request: &Value, at: &str) -> Result<Self, Refusal> {
        let content = &request["content"];
        let tokens = content_tokens(content);
        if tokens.total() == 0 {
            return Err(Refusal::missing(format!("{at}content")));
        }
        let dimensions = request["outputDimensionality"].as_i64().unwrap_or(DIMENSIONS_MAX);
        let dimensions = usize::try_from(dimensions).unwrap_or_default();
        let seed = if has_media(content) { content.to_string() } else { content_text(content) };
        let vector = match model {
            TEXT_ONLY if has_media(content) => {
                let reason = format!("models/{model} embeds texts only.");
                return Err(Refusal::unsupported(format!("{at}content"), reason));
            }
            // It cuts a vector without giving it its length back.
            TEXT_ONLY => {
                let longest = usize::try_from(DIMENSIONS_MAX).unwrap_or_default();
                unit_vector(&seed, longest).into_iter().take(dimensions).collect()
            }
            _ => unit_vector(&seed, dimensions),
        };
        Ok(Self { written: json!({"values": vector}), tokens })
    }
}

fn has_media(content: &Value) -> bool {
    let parts = content["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().any(|part| part.get("text").is_none())
}

fn usage(tokens: &Tokens) -> Value {
    let total = tokens.total();
    json!({"promptTokenCount": total, "totalTokenCount": total, "promptTokensDetails": tokens.details()})
}
